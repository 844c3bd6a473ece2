//! Backups of a MongoDB database, which has the GIFs in it: a file of BSON for each collection, and a list of them.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, BufWriter, ErrorKind, Read, Write},
    path::Path,
};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::files::Unfinished;
use crate::{
    private_files,
    store::{
        MongoUrl, StoreError,
        mongo::{Census, EmptyMongo, INSERT_BYTES, MongoMoment},
    },
};

/// Name of the list.
const LIST: &str = "backup.json";

/// The version of what is in the folder.
const VERSION: u32 = 1;

/// The largest document, in bytes: 16 MiB, and what the database adds.
const LARGEST: usize = (16 << 20) + (16 << 10);

/// What a backup consists of.
#[derive(Serialize, Deserialize)]
struct List {
    version: u32,
    /// The collections, in the order in which they are restored.
    collections: Vec<String>,
    /// The hash of the file of each.
    sha256: BTreeMap<String, String>,
}

/// Writes a backup while servers may be at work; what it holds.
pub async fn back_up(url: &MongoUrl, to: &Path) -> Result<String, String> {
    let unfinished = Unfinished::begin(to)?;
    let (census, list) = write(url, unfinished.path()).await.map_err(|error| error.to_string())?;
    super::must_agree(&census.faults(), "the backup is not whole")?;
    let finish = || {
        let mut file = private_files::create_new(&unfinished.path().join(LIST))?;
        file.write_all(&serde_json::to_vec_pretty(&list)?)?;
        file.sync_all()?;
        unfinished.finish()
    };
    finish().map_err(|error| format!("{}: {error}", to.display()))?;
    Ok(format!("{} holds {}", to.display(), census.describe()))
}

async fn write(url: &MongoUrl, folder: &Path) -> Result<(Census, List), StoreError> {
    let mut moment = MongoMoment::now(url).await?;
    let (mut census, mut sha256) = (Census::default(), BTreeMap::new());
    let collections = moment.collections().await?;
    for name in &collections {
        let file = private_files::create_new(&file_of(folder, name)).map_err(StoreError::failed)?;
        let (mut out, mut hasher) = (BufWriter::new(file), Sha256::new());
        let each = |document: &[u8]| {
            census.note(name, document).map_err(io::Error::other)?;
            hasher.update(document);
            out.write_all(document)
        };
        moment.read(name, each).await?;
        let synced = out
            .into_inner()
            .map_err(io::Error::from)
            .and_then(|file| file.sync_all());
        synced.map_err(StoreError::failed)?;
        sha256.insert(name.clone(), HEXLOWER.encode(&hasher.finalize()));
    }
    let list = List {
        version: VERSION,
        collections,
        sha256,
    };
    Ok((census, list))
}

/// Puts a backup into an empty database, after it is checked; what it holds.
pub async fn restore(url: &MongoUrl, from: &Path) -> Result<String, String> {
    let (list, census) = check_backup(from)?;
    let empty = EmptyMongo::open(url).await.map_err(|error| error.to_string())?;
    if let Err(error) = fill(&empty, from, &list).await {
        let cleared = empty.clear().await;
        let left = cleared
            .err()
            .map(|error| format!("; drop what was restored, as {error}"));
        return Err(format!("{error}{}", left.unwrap_or_default()));
    }
    Ok(census.describe())
}

async fn fill(empty: &EmptyMongo, from: &Path, list: &List) -> Result<(), StoreError> {
    for name in &list.collections {
        let mut documents = Documents::of(from, name).map_err(StoreError::failed)?;
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while let Some(document) = documents.next().map_err(StoreError::failed)? {
            bytes += document.len();
            batch.push(document);
            if bytes >= INSERT_BYTES {
                empty.fill(name, std::mem::take(&mut batch)).await?;
                bytes = 0;
            }
        }
        empty.fill(name, batch).await?;
    }
    empty.begin_epoch().await
}

/// Reads a backup to its end.
fn check_backup(from: &Path) -> Result<(List, Census), String> {
    let said = |error: &dyn std::fmt::Display| format!("{} is no backup of a MongoDB: {error}", from.display());
    let list = std::fs::read(from.join(LIST)).map_err(|error| said(&format!("{LIST}: {error}")))?;
    let list: List = serde_json::from_slice(&list).map_err(|error| said(&error))?;
    if list.version != VERSION {
        return Err(said(&format!(
            "it is of version {}, this gifchat reads {VERSION}",
            list.version
        )));
    }
    let mut census = Census::default();
    for name in &list.collections {
        let mut read = || -> io::Result<String> {
            let (mut documents, mut hasher) = (Documents::of(from, name)?, Sha256::new());
            while let Some(document) = documents.next()? {
                hasher.update(&document);
                census.note(name, &document).map_err(io::Error::other)?;
            }
            Ok(HEXLOWER.encode(&hasher.finalize()))
        };
        let found = read().map_err(|error| format!("the backup is damaged: {name}.bson: {error}"))?;
        if list.sha256.get(name) != Some(&found) {
            return Err(format!(
                "the backup is damaged: {name}.bson holds other bytes than were written"
            ));
        }
    }
    super::must_agree(&census.faults(), "the backup is damaged")?;
    Ok((list, census))
}

/// Checks a database; what it holds, and what is wrong.
pub async fn check(url: &MongoUrl) -> Result<(String, Vec<String>), String> {
    let check = async {
        let (mut moment, mut census) = (MongoMoment::now(url).await?, Census::default());
        for name in moment.collections().await? {
            let each = |document: &[u8]| census.note(&name, document).map_err(io::Error::other);
            moment.read(&name, each).await?;
        }
        Ok::<_, StoreError>((census.describe(), census.faults()))
    };
    check.await.map_err(|error| error.to_string())
}

fn file_of(folder: &Path, collection: &str) -> std::path::PathBuf {
    folder.join(format!("{collection}.bson"))
}

/// The documents of a file. Each begins with its length.
struct Documents(BufReader<File>);

impl Documents {
    fn of(folder: &Path, collection: &str) -> io::Result<Self> {
        File::open(file_of(folder, collection)).map(|file| Self(BufReader::new(file)))
    }

    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut length = [0; 4];
        match self.0.read_exact(&mut length) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let whole = usize::try_from(i32::from_le_bytes(length)).unwrap_or_default();
        if !(length.len()..=LARGEST).contains(&whole) {
            return Err(io::Error::other("it is cut or changed"));
        }
        let mut document = length.to_vec();
        document.resize(whole, 0);
        let (_, rest) = document.split_at_mut(length.len());
        self.0.read_exact(rest)?;
        Ok(Some(document))
    }
}
