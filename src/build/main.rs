//! The build script: makes Rust of the texts, and what is served of the scripts and styles. What is wrong with them fails the
//! build.

mod assets;
mod bundle;
mod files;
mod minify;
mod stylesheets;
mod texts;

use std::{error::Error, fs, path::Path};

const TEXTS: &str = "src/locales/texts.toml";
const PUBLIC: &str = "public";

#[allow(clippy::print_stdout, reason = "Cargo reads it")]
fn main() -> Result<(), Box<dyn Error>> {
    for read in ["src/build", TEXTS, PUBLIC] {
        println!("cargo::rerun-if-changed={read}");
    }
    let out = std::env::var("OUT_DIR")?;
    let out = Path::new(&out);
    let mut sources = files::Sources::new();
    files::read(Path::new(PUBLIC), "", &mut sources)?;
    let scripts: String = sources
        .iter()
        .filter(|(path, _)| path.ends_with(".js"))
        .map(|(_, text)| text.as_str())
        .collect();
    let generated = texts::generate(&fs::read_to_string(TEXTS)?, &scripts).map_err(|why| format!("{TEXTS}: {why}"))?;
    fs::write(out.join("texts.rs"), generated)?;
    let made = assets::made_of(&sources).map_err(|why| format!("{PUBLIC}: {why}"))?;
    fs::write(out.join("assets.rs"), assets::write(&made, out)?)?;
    Ok(())
}
