//! `musubi init`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Session;
use crate::cli::InitArgs;
use crate::config::FILE_NAME;
use crate::output::{Show, print};
use crate::{Exit, Failure};

/// The folders of a project: the operator's own mapping files, and what `musubi publish` writes.
const FOLDERS: [&str; 2] = ["mappings", "releases"];

pub(super) fn init(session: &Session, args: &InitArgs) -> Result<Exit, Failure> {
    let dir = session
        .dir
        .as_ref()
        .map_or(args.folder.clone(), |dir| dir.join(&args.folder));
    let file = dir.join(FILE_NAME);
    if file.exists() {
        return Err(
            Failure::refused(format!("`{}` stands there already", file.display()))
                .advise("edit it, or name another folder"),
        );
    }
    let named = Named {
        trump: args.trump.as_deref().map(absolute).transpose()?,
        formsnet3: args.formsnet3.as_deref().map(absolute).transpose()?,
        fhir: args.fhir.as_deref().map(fhir_place).transpose()?,
        facilities: args.facilities.as_deref().map(absolute).transpose()?,
        products: args.products.as_deref().map(absolute).transpose()?,
    };
    write_project(&dir, &named)?;
    let dir = dir.display();
    let made = Made {
        next: ["source check", "run"].map(|command| format!("musubi --dir {dir} {command}")),
        file,
    };
    print(session.format, &made)?;
    Ok(Exit::Done)
}

/// What was made, and what to do with it.
#[derive(Debug, Serialize)]
struct Made {
    file: PathBuf,
    next: [String; 2],
}

impl Show for Made {
    fn text(&self) -> String {
        let next = self.next.join("\n  ");
        format!("wrote {}\ntry next:\n  {next}\n", self.file.display())
    }
}

/// What a new project's file names.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) trump: Option<PathBuf>,
    pub(super) formsnet3: Option<PathBuf>,
    pub(super) fhir: Option<FhirPlace>,
    pub(super) facilities: Option<PathBuf>,
    pub(super) products: Option<PathBuf>,
}

/// Where FHIR resources are.
#[derive(Debug)]
pub(super) enum FhirPlace {
    Server(String),
    Folder(PathBuf),
}

/// Makes the folders and writes `musubi.toml`.
pub(super) fn write_project(dir: &Path, named: &Named) -> Result<(), Failure> {
    let failed = |path: &Path, cause| {
        Failure::because(format!("`{}` cannot be written", path.display()), cause)
    };
    for folder in FOLDERS {
        let path = dir.join(folder);
        std::fs::create_dir_all(&path).map_err(|cause| failed(&path, cause))?;
    }
    let path = dir.join(FILE_NAME);
    std::fs::write(&path, text(named)).map_err(|cause| failed(&path, cause))
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path)
        .map_err(|cause| Failure::because("the current folder cannot be read", cause))
}

fn fhir_place(place: &str) -> Result<FhirPlace, Failure> {
    if place.starts_with("http://") || place.starts_with("https://") {
        Ok(FhirPlace::Server(place.to_owned()))
    } else {
        absolute(Path::new(place)).map(FhirPlace::Folder)
    }
}

fn text(named: &Named) -> String {
    let mut text = String::from(HEAD);
    let line = |key: &str, path: Option<&PathBuf>| {
        path.map(|path| format!("{key} = {}", quoted(&path.display().to_string())))
    };
    section(
        &mut text,
        TRUMP,
        line("path", named.trump.as_ref()).as_deref(),
    );
    section(
        &mut text,
        FORMSNET3,
        line("path", named.formsnet3.as_ref()).as_deref(),
    );
    let fhir = match &named.fhir {
        None => None,
        Some(FhirPlace::Server(url)) => Some(format!("url = {}", quoted(url))),
        Some(FhirPlace::Folder(folder)) => line("folder", Some(folder)),
    };
    section(&mut text, FHIR, fhir.as_deref());
    section(
        &mut text,
        FACILITIES,
        line("file", named.facilities.as_ref()).as_deref(),
    );
    section(
        &mut text,
        PRODUCTS,
        line("file", named.products.as_ref()).as_deref(),
    );
    text.push_str(TAIL);
    text
}

/// A section with the line that names its place, or all of it as a comment.
fn section(text: &mut String, (head, place, tail): (&str, &str, &str), named: Option<&str>) {
    let comment = if named.is_some() { "" } else { "# " };
    for line in head.lines() {
        let _ = writeln!(text, "{comment}{line}");
    }
    let _ = writeln!(text, "{comment}{}", named.unwrap_or(place));
    for line in tail.lines() {
        let _ = writeln!(text, "# {line}");
    }
    text.push('\n');
}

fn quoted(value: &str) -> String {
    toml::Value::String(value.to_owned()).to_string()
}

const HEAD: &str = "# Musubi's project file. Paths are relative to this folder; times of schedules are UTC.
# A secret never stands here: name an environment variable, { env = \"NAME\" }, or a file, { file = \"PATH\" }.

[database]
url = \"sqlite:musubi.db\"
# url = \"postgres://musubi@db.example.org/musubi\"
# url = { env = \"MUSUBI_DATABASE_URL\" }

";

const TRUMP: (&str, &str, &str) = (
    "[source.trump]\nkind = \"trump\"",
    "path = \"exports/trump\"",
    "encoding = \"cp932\"                       # or \"utf-8\"; checked against the Japanese text of each file
encodings = { \"trump_2025*.csv\" = \"utf-8\" }
mappings = [\"mappings/trump-2027.toml\"]   # in place of all the shipped ones of this kind
schedule = \"30 2 * * *\"                  # when `musubi worker` pulls it: minute hour day month weekday",
);

const FORMSNET3: (&str, &str, &str) = (
    "[source.formsnet3]\nkind = \"formsnet3\"",
    "path = \"exports/formsnet3\"",
    "form = \"auto\"                            # wide (a file a form), long, or whichever is there
schedule = \"45 2 * * *\"",
);

const FHIR: (&str, &str, &str) = (
    "[source.fhir]\nkind = \"fhir\"",
    "url = \"https://fhir.example.org/r4\"         # or folder = \"exports/fhir\", a folder of NDJSON files",
    "mode = \"auto\"                            # export, search, or whichever the server offers
level = \"system\"                         # or \"patient\", or \"group\" with group = \"ID\"
schedule = \"0 3 * * *\"
[source.fhir.auth]                       # SMART Backend Services
client_id = \"musubi\"
key_file = \"keys/fhir.pem\"               # or key_env = \"NAME\"",
);

const FACILITIES: (&str, &str, &str) = ("[facilities]", "file = \"facilities.csv\"", "");

const PRODUCTS: (&str, &str, &str) = ("[products]", "file = \"products.csv\"", "");

const TAIL: &str = "# [linkage]
# model = \"models/ours.toml\"               # without it, the shipped one

# [history]
# source_order = [\"trump\", \"formsnet3\"]    # whose telling is chosen first, all else being equal

# [worker]
# listen = \"127.0.0.1:9464\"                # serves /health and /metrics; without it, nothing is served
# schedule = \"0 4 * * *\"                   # when sources without a schedule of their own are pulled
# publish = true                           # a release after each change; without it, none
# attempts_max = 5                         # a run that was begun so often is given up
# retry_delay_s = 60                       # seconds before the second attempt; doubled each time

# [telemetry]
# otlp_endpoint = \"http://127.0.0.1:4318\"  # nothing leaves without it
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn what_init_writes_can_be_read() {
        let named = Named {
            trump: Some("/exports/\"trump\"".into()),
            fhir: Some(FhirPlace::Server("https://fhir.example.org".to_owned())),
            ..Named::default()
        };
        let config = Config::parse("musubi.toml", &text(&named), Path::new("/project")).unwrap();
        let sources: Vec<_> = config.sources.keys().map(ToString::to_string).collect();
        assert_eq!(sources, ["fhir", "trump"]);
        assert!(Config::parse("musubi.toml", &text(&Named::default()), Path::new("/")).is_ok());
    }

    #[test]
    fn every_commented_example_can_be_read_too() {
        let all: String = text(&Named::default())
            .lines()
            .skip(3)
            .filter(|line| !line.starts_with("# url"))
            .flat_map(|line| [line.strip_prefix("# ").unwrap_or(line), "\n"])
            .collect();
        let config = Config::parse("musubi.toml", &all, Path::new("/project"));
        assert!(config.is_ok(), "{:?}\n{all}", config.err());
    }
}
