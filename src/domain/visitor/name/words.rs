//! The words of names, read through for what nobody wants to be called, also in pairs: no slang for bodies, nothing about
//! skin, size or age.

/// A word in English and in Korean.
pub(super) type Word = (&'static str, &'static str);

/// A colour without a hue.
pub(super) const GREY: Word = ("Silver", "은빛");

/// By the step of the OKLCH hue, in tens of degrees.
pub(super) const COLORS: [Word; 36] = [
    ("Rose", "장미"),
    ("Ruby", "루비"),
    ("Coral", "산호"),
    ("Scarlet", "진홍"),
    ("Ember", "불씨"),
    ("Tangerine", "귤빛"),
    ("Orange", "주황"),
    ("Apricot", "살구"),
    ("Saffron", "사프란"),
    ("Gold", "금빛"),
    ("Lemon", "레몬"),
    ("Yellow", "노랑"),
    ("Lime", "라임"),
    ("Olive", "올리브"),
    ("Green", "초록"),
    ("Leaf", "풀빛"),
    ("Emerald", "에메랄드"),
    ("Mint", "민트"),
    ("Jade", "옥빛"),
    ("Teal", "청록"),
    ("Turquoise", "터키석"),
    ("Aqua", "물빛"),
    ("Lagoon", "바다"),
    ("Sky", "하늘"),
    ("Azure", "쪽빛"),
    ("Blue", "파랑"),
    ("Cobalt", "코발트"),
    ("Sapphire", "사파이어"),
    ("Indigo", "남빛"),
    ("Lavender", "라벤더"),
    ("Violet", "보라"),
    ("Purple", "자줏빛"),
    ("Orchid", "난초"),
    ("Magenta", "자홍"),
    ("Fuchsia", "진분홍"),
    ("Pink", "분홍"),
];

/// By what grows on the head, the number of eyes, and the outline.
pub(super) const LOOKS: [[[Word; 4]; 3]; 4] = [
    [
        [
            ("Marble", "구슬"),
            ("Opal", "오팔"),
            ("Domino", "도미노"),
            ("Bubble", "비눗방울"),
        ],
        [
            ("Cookie", "쿠키"),
            ("Macaron", "마카롱"),
            ("Pebble", "조약돌"),
            ("Cloud", "구름"),
        ],
        [
            ("Donut", "도넛"),
            ("Bean", "콩알"),
            ("Pudding", "푸딩"),
            ("Waffle", "와플"),
        ],
    ],
    [
        [
            ("Lantern", "등불"),
            ("Candle", "양초"),
            ("Robot", "로봇"),
            ("Beacon", "등대"),
        ],
        [
            ("Antenna", "더듬이"),
            ("Snail", "달팽이"),
            ("Ant", "개미"),
            ("Firefly", "반딧불이"),
        ],
        [
            ("Martian", "화성인"),
            ("Comet", "혜성"),
            ("Saturn", "토성"),
            ("Galaxy", "은하"),
        ],
    ],
    [
        [
            ("Panda", "판다"),
            ("Otter", "수달"),
            ("Hamster", "햄스터"),
            ("Meerkat", "미어캣"),
        ],
        [
            ("Bear", "곰"),
            ("Squirrel", "다람쥐"),
            ("Cat", "고양이"),
            ("Koala", "코알라"),
        ],
        [
            ("Ears", "쫑긋귀"),
            ("Quokka", "쿼카"),
            ("Marmot", "마멋"),
            ("Badger", "오소리"),
        ],
    ],
    [
        [
            ("Plum", "자두"),
            ("Acorn", "도토리"),
            ("Apple", "사과"),
            ("Berry", "딸기"),
        ],
        [
            ("Sprout", "새싹"),
            ("Carrot", "당근"),
            ("Radish", "무순"),
            ("Clover", "클로버"),
        ],
        [
            ("Tulip", "튤립"),
            ("Almond", "아몬드"),
            ("Mango", "망고"),
            ("Daisy", "데이지"),
        ],
    ],
];
