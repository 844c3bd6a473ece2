//! Files that nobody but the server's own user may read: they hold what people said, and sessions.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// What SQLite puts beside a file. It makes them with the permissions of the file; those of an earlier version may have more.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

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
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    restrict(path)?;
    Ok(file)
}

/// A file with the same name and something behind it.
pub fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}

#[cfg(unix)]
fn restrict(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let permissions = fs::metadata(path)?.permissions();
    if permissions.mode() & 0o777 == 0o600 {
        return Ok(());
    }
    match fs::set_permissions(path, fs::Permissions::from_mode(0o600)) {
        // Only the owner of a file may change its permissions, and whoever prepared the files chose them.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let path = path.display();
            tracing::warn!(%error, %path, "a file belongs to another user: others may be able to read it");
            Ok(())
        }
        done => done,
    }
}

#[cfg(not(unix))]
fn restrict(path: &Path) -> io::Result<()> {
    fs::metadata(path).map(drop)
}
