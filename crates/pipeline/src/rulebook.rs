//! The rulebook as people keep it: TOML files in a folder, read, checked and compared.
//!
//! Refuses: a table that no rule and no reference reads, a member that a rule does not know, a
//! table that stands in two files. A rule without a table is off, and the check says so.

use crate::engines::{ENGINES, EngineSpec};
use crate::{registry, stage_configs};
use facts::{ReferenceData, Rulebook, Span};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// The rulebook that comes with this release, file by file, beside the file of each engine.
const SHIPPED: &[(&str, &str)] = &[
    ("alerts.toml", include_str!("../../../config/rulebook/alerts.toml")),
    ("dispatch.toml", include_str!("../../../config/rulebook/dispatch.toml")),
    ("log.toml", include_str!("../../../config/rulebook/log.toml")),
    ("products.toml", include_str!("../../../config/rulebook/products.toml")),
    ("profiles.toml", include_str!("../../../config/rulebook/profiles.toml")),
];

/// Tables that are not a rule's.
const REFERENCE: &[&str] = &[
    "log",
    "probe",
    "profile",
    "product",
    "dispatch",
    "alerts/incident",
    alerts::stages::SILENT.info.name,
];

/// Something wrong with a rulebook, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 where it is the whole file.
    pub line: usize,
    /// The line itself.
    pub text: String,
    /// What is wrong.
    pub reason: String,
    /// What to do.
    pub help: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, ": {}", self.reason)?;
        if !self.text.is_empty() {
            write!(f, "\n    {}", self.text.trim_end())?;
        }
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "\n    {help}"))
    }
}

/// A rulebook and what there is to say of it.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The rulebook.
    pub book: Rulebook,
    /// Rules that have a table.
    pub on: Vec<&'static str>,
    /// Rules that have none.
    pub off: Vec<&'static str>,
}

/// The rulebook that comes with this release.
pub fn shipped() -> Result<Checked, Vec<Problem>> {
    let common = SHIPPED.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let of = |engine: &EngineSpec| (format!("{}.toml", engine.name), engine.rulebook.to_owned());
    check(common.chain(ENGINES.iter().map(of)).collect())
}

/// Reads every `*.toml` of a folder: its sub-folder `rulebook`, where there is one.
pub fn read(folder: &Path) -> Result<Checked, Vec<Problem>> {
    let inner = folder.join("rulebook");
    let folder = if inner.is_dir() { inner } else { folder.to_owned() };
    let whole = |reason: String| {
        let file = folder.display().to_string();
        vec![Problem { file, line: 0, text: String::new(), reason, help: None }]
    };
    let listing = std::fs::read_dir(&folder).map_err(|e| whole(format!("cannot be read: {e}")))?;
    let mut paths: Vec<PathBuf> = listing.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    paths.sort();
    if paths.is_empty() {
        return Err(whole("holds no *.toml: nothing was checked".to_owned()));
    }
    let mut files = Vec::new();
    for path in paths {
        #[allow(
            clippy::disallowed_methods,
            reason = "the rulebook's files are read here and nowhere else"
        )]
        let text = std::fs::read_to_string(&path)
            .map_err(|e| whole(format!("{}: {e}", path.display())))?;
        files.push((path.display().to_string(), text));
    }
    check(files)
}

/// Checks files, each with its name.
pub fn check(files: Vec<(String, String)>) -> Result<Checked, Vec<Problem>> {
    let (mut tables, mut problems) = (BTreeMap::new(), Vec::new());
    for (file, text) in &files {
        match parse(file, text) {
            Ok(found) => add(&mut tables, file, text, found, &mut problems),
            Err(problem) => problems.push(problem),
        }
    }
    let rules = registry::rules();
    for name in tables.keys() {
        if !REFERENCE.contains(&name.as_str()) && !rules.iter().any(|rule| rule.name == name) {
            problems.push(unknown(&files, name, rules.iter().map(|r| r.name)));
        }
    }
    let mut backwards = Vec::new();
    tables.iter().for_each(|(name, value)| negative(name, value, &mut backwards));
    problems.extend(backwards.into_iter().map(|(table, text)| {
        place(&files, &table, format!("`{text}` runs backwards: a span of a rule is not negative"))
    }));
    if !matches!(tables.get("profile"), Some(Value::Object(all)) if !all.is_empty()) {
        let reason = "there is no profile: no temperature could be judged".to_owned();
        problems.push(place(&files, "profile", reason));
    }
    let book = Rulebook::new(tables);
    problems
        .extend(readers(&book).into_iter().map(|error| place(&files, &error.table, error.reason)));
    if !problems.is_empty() {
        return Err(problems);
    }
    let (on, off) =
        rules.iter().map(|rule| rule.name).partition(|name| book.tables.contains_key(*name));
    Ok(Checked { book, on, off })
}

/// Everybody who reads the book, and what each has against it.
fn readers(book: &Rulebook) -> Vec<facts::RulebookError> {
    let others = [
        ReferenceData::read(book).err(),
        (stage_configs::dispatch().rules)(book, 1).err(),
        (stage_configs::alerts().rules)(book, 1).err(),
    ];
    let engines = ENGINES.iter().map(|engine| engine.check(book, 1).err());
    let mut wrong: Vec<facts::RulebookError> =
        others.into_iter().chain(engines).flatten().collect();
    wrong.sort_by(|a, b| (&a.table, &a.reason).cmp(&(&b.table, &b.reason)));
    wrong.dedup();
    wrong
}

/// Every span that is negative, with the table it stands in.
fn negative(table: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) if text.parse::<Span>().is_ok_and(|span| span < Span::ZERO) => {
            found.push((table.to_owned(), text.clone()));
        }
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            let inner = format!("{table}.{name}");
            let inner = if value.is_object() && !table.contains('/') { &inner } else { table };
            negative(inner, value, found);
        }),
        Value::Array(items) => items.iter().for_each(|item| negative(table, item, found)),
        _ => {}
    }
}

fn parse(file: &str, text: &str) -> Result<serde_json::Map<String, Value>, Problem> {
    let problem = |line: usize, reason: String| {
        let line_text = text.lines().nth(line.saturating_sub(1)).unwrap_or_default().to_owned();
        Problem { file: file.to_owned(), line, text: line_text, reason, help: None }
    };
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
        let at = e.span().map_or(0, |span| span.start);
        problem(text[..at.min(text.len())].matches('\n').count() + 1, e.message().to_owned())
    })?;
    match serde_json::to_value(table) {
        Ok(Value::Object(tables)) => Ok(tables),
        _ => Err(problem(1, "is not a tree of tables".to_owned())),
    }
}

/// Joins a file's tables to those of the others; profiles and products by their members.
fn add(
    tables: &mut BTreeMap<String, Value>,
    file: &str,
    text: &str,
    found: serde_json::Map<String, Value>,
    problems: &mut Vec<Problem>,
) {
    for (name, value) in found {
        match (tables.get_mut(&name), value) {
            (None, value) => {
                tables.insert(name, value);
            }
            (Some(Value::Object(old)), Value::Object(new))
                if name == "profile" || name == "product" =>
            {
                old.extend(new)
            }
            _ => {
                let files = [(file.to_owned(), text.to_owned())];
                problems.push(place(
                    &files,
                    &name,
                    "this table stands in another file, too".to_owned(),
                ));
            }
        }
    }
}

fn unknown(
    files: &[(String, String)],
    name: &str,
    known: impl Iterator<Item = &'static str>,
) -> Problem {
    let near = known
        .chain(REFERENCE.iter().copied())
        .max_by(|a, b| strsim::jaro_winkler(name, a).total_cmp(&strsim::jaro_winkler(name, b)));
    let mut problem = place(files, name, format!("no rule is named `{name}`"));
    problem.help = near
        .filter(|n| strsim::jaro_winkler(name, n) > 0.8)
        .map(|n| format!("did you mean `{n}`?"));
    problem
}

/// Where a table stands, or the member of it that the reason names.
fn place(files: &[(String, String)], table: &str, reason: String) -> Problem {
    let bare = table.trim_matches('"');
    let heads = [format!("[\"{bare}\"]"), format!("[{bare}]")];
    for (file, text) in files {
        let head = text
            .lines()
            .position(|line| heads.iter().any(|h| line.trim_start().starts_with(h.as_str())));
        let Some(head) = head else { continue };
        // The member that the reason names, or the value that it quotes.
        let quoted = reason.split('`').nth(1).filter(|quoted| !quoted.is_empty());
        let unknown = reason.starts_with("unknown field");
        let inside =
            text.lines().enumerate().skip(head + 1).take_while(|(_, l)| !l.starts_with('['));
        let names = |line: &str, quoted: &str| match unknown {
            true => line.trim_start().starts_with(quoted),
            false => line.contains(quoted),
        };
        let mut named = inside.filter(|(_, line)| quoted.is_some_and(|quoted| names(line, quoted)));
        let line = named.next().map_or(head, |(n, _)| n);
        let text = text.lines().nth(line).unwrap_or_default().to_owned();
        return Problem {
            file: file.clone(),
            line: line + 1,
            text,
            reason: format!("[{table}]: {reason}"),
            help: None,
        };
    }
    let file = files.first().map_or_else(String::new, |(file, _)| file.clone());
    Problem {
        file,
        line: 0,
        text: String::new(),
        reason: format!("[{table}]: {reason}"),
        help: None,
    }
}
