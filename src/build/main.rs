//! The build script: makes Rust of the texts. What is wrong with them fails the build.

mod texts;

use std::{error::Error, fs, path::Path};

const TEXTS: &str = "src/locales/texts.toml";
const SCRIPTS: &str = "public/js";

#[expect(clippy::print_stdout, reason = "Cargo reads it")]
fn main() -> Result<(), Box<dyn Error>> {
    for read in ["src/build", TEXTS, SCRIPTS] {
        println!("cargo::rerun-if-changed={read}");
    }
    let mut scripts = String::new();
    read_all(Path::new(SCRIPTS), &mut scripts)?;
    let generated = texts::generate(&fs::read_to_string(TEXTS)?, &scripts).map_err(|why| format!("{TEXTS}: {why}"))?;
    let out = std::env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("texts.rs"), generated)?;
    Ok(())
}

/// Adds the text of all files in a folder.
fn read_all(folder: &Path, all: &mut String) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read_all(&path, all)?;
        } else {
            all.push_str(&fs::read_to_string(path)?);
        }
    }
    Ok(())
}
