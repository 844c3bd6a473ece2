use super::*;

#[test]
fn while_nothing_can_be_committed_only_new_files_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let [site, backup] = ["site", "backup"].map(|name| Site::kept_in(&folder.path().join(name)));
    let [known, new] = [(); 2].map(|()| GifName::random());
    let write = |name| {
        for file in files::of(&site.uploads, name) {
            fs::write(file, "bytes").unwrap();
        }
    };
    for uploads in [&site.uploads, &backup.uploads] {
        fs::create_dir_all(uploads).unwrap();
    }
    let mut there = HashSet::new();
    write(known);
    assert_eq!(site.take_all_there(&backup, &mut there).unwrap(), 2);
    assert_eq!(site.take_all_there(&backup, &mut there).unwrap(), 0);
    write(new);
    for file in files::of(&backup.uploads, known) {
        assert!(there.contains(&file));
        fs::remove_file(file).unwrap();
    }
    let taken = site.take_named(&backup, &HashSet::from([known, new]), &there).unwrap();
    assert_eq!(taken.len(), 2);
    assert!(files::of(&backup.uploads, new).iter().all(|file| file.exists()));
    assert!(files::of(&backup.uploads, known).iter().all(|file| !file.exists()));
}
