//! Files that nobody but the server's own user may read: they hold what people said and showed, and sessions.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

#[cfg(unix)]
use crate::log_throttle::LogThrottle;

/// What SQLite puts beside a file. It makes them with the permissions of the file; those of an earlier version may have more.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// Permissions of a file and of a folder.
#[cfg(unix)]
const FILE: u32 = 0o600;
#[cfg(unix)]
const FOLDER: u32 = 0o700;
/// The bit of a folder in which many users have files, such as `/tmp`.
#[cfg(unix)]
const STICKY: u32 = 0o1000;

/// Makes the file of a database if it is missing, and takes the permissions of everybody else from it and from what lies
/// beside it.
pub fn prepare(path: &Path) -> io::Result<()> {
    drop(open(path)?);
    for end in BESIDE {
        match restrict(&beside(path, end)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => (),
        }
    }
    Ok(())
}

/// Opens a file for writing as it is, or makes it.
pub fn open(path: &Path) -> io::Result<File> {
    let file = private(OpenOptions::new().write(true).create(true).truncate(false)).open(path)?;
    restrict(path)?;
    Ok(file)
}

/// Makes a file for writing. `AlreadyExists` when it is there.
pub fn create_new(path: &Path) -> io::Result<File> {
    private(OpenOptions::new().write(true).create_new(true)).open(path)
}

/// Makes a folder if it is missing, with those above it. One that is there keeps its permissions: it may be for others, too.
pub fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, FOLDER);
    builder.recursive(true).create(path)
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, FILE);
    options
}

/// A file with the same name and something behind it.
pub fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}

/// Takes the permissions of everybody else from a file or a folder.
#[cfg(unix)]
pub fn restrict(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let found = fs::metadata(path)?;
    let now = found.permissions().mode();
    // A folder like this is one of many users.
    if found.is_dir() && now & STICKY != 0 {
        return Ok(());
    }
    // The bits above these are kept: they say whose group new files belong to.
    let mode = now & !0o777 | if found.is_dir() { FOLDER } else { FILE };
    if now == mode {
        return Ok(());
    }
    match fs::set_permissions(path, fs::Permissions::from_mode(mode)) {
        // Only the owner of a file may change its permissions, and some file systems have none; whoever prepared the files
        // chose that.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported
            ) =>
        {
            static LINE: LogThrottle = LogThrottle::new();
            if let Some(suppressed) = LINE.permit() {
                let path = path.display();
                tracing::warn!(%error, %path, suppressed, "the permissions of a file can't be changed: others may be able to read it");
            }
            Ok(())
        }
        done => done,
    }
}

/// Takes the permissions of everybody else from a file or a folder, where there are such permissions.
#[cfg(not(unix))]
pub fn restrict(path: &Path) -> io::Result<()> {
    fs::metadata(path).map(drop)
}
