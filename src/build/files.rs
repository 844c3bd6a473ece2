//! Reads files and compresses them: for the build, and for a server that is developed.

use std::{collections::BTreeMap, fs, io::Write, path::Path};

/// Brotli's best quality and its usual window of 4 MiB: what is compressed once may take its time.
const QUALITY: (u32, u32) = (11, 22);

/// Texts by the paths of their files.
pub type Sources = BTreeMap<String, String>;

/// Adds all files in a folder, which are texts. Their paths begin with the prefix.
pub fn read(folder: &Path, prefix: &str, all: &mut Sources) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read(&entry.path(), &format!("{path}/"), all)?;
        } else {
            all.insert(path, fs::read_to_string(entry.path())?);
        }
    }
    Ok(())
}

/// Compresses as far as brotli can.
pub fn compress(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let (quality, window) = QUALITY;
    let mut out = brotli::CompressorWriter::new(Vec::new(), 4096, quality, window);
    out.write_all(bytes)?;
    out.flush()?;
    Ok(out.into_inner())
}
