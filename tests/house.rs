//! House rules: the floors, a page beside each rule, numbers that stand once, engines that stand alone.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods
)]

use facts::Family;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace is there")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn names(folder: &Path) -> Vec<String> {
    let listing = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut names: Vec<String> =
        listing.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// From the ground up; a crate may use crates of lower floors only. Rule engines stand beside [`BESIDE_THE_ENGINES`].
fn floors() -> Vec<Vec<&'static str>> {
    vec![
        vec!["facts", "stream"],
        [BESIDE_THE_ENGINES, pipeline::engines::names()].concat(),
        vec!["pipeline", "simulate", "desk"],
        vec!["replay"],
        vec!["coldwatch"],
    ]
}
const BESIDE_THE_ENGINES: &[&str] = &["kafka", "objects", "wire", "fold", "dispatch", "alerts"];
/// Beside the floors: for tests only.
const FOR_TESTS: &str = "scenario";
/// What can run where there is no operating system, beside the rule engines.
const PURE: &[&str] = &["facts", "fold", "dispatch", "alerts"];

fn cargo(arguments: &[&str]) -> std::process::Output {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Command::new(cargo).args(arguments).current_dir(root()).output().expect("cargo runs")
}

#[test]
fn no_arrow_runs_up() {
    let metadata = cargo_metadata::MetadataCommand::new()
        .current_dir(root())
        .no_deps()
        .exec()
        .expect("metadata");
    let floors = floors();
    let floor = |name: &str| floors.iter().position(|floor| floor.contains(&name));
    let packages: BTreeMap<String, _> =
        metadata.packages.iter().map(|p| (p.name.to_string(), p)).collect();
    let known: BTreeSet<&str> = floors.iter().flatten().copied().chain([FOR_TESTS]).collect();
    let have: BTreeSet<&str> = packages.keys().map(String::as_str).collect();
    assert_eq!(have, known, "every crate stands on a floor");
    for (name, package) in &packages {
        for dependency in package.dependencies.iter().filter(|d| packages.contains_key(&d.name)) {
            let test = dependency.kind == cargo_metadata::DependencyKind::Development;
            if dependency.name == FOR_TESTS || name == FOR_TESTS {
                assert!(
                    test || dependency.name == "facts",
                    "{name} uses {} outside of tests",
                    dependency.name
                );
                continue;
            }
            assert!(
                test || floor(&dependency.name) < floor(name),
                "{name} must not use {}",
                dependency.name
            );
        }
    }
}

/// Every rule: its folder and its file's name without ending.
fn rules() -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    for name in names(&root().join("crates")) {
        let folder = root().join("crates").join(name).join("src/rules");
        let files = if folder.is_dir() { names(&folder) } else { Vec::new() };
        all.extend(
            files
                .iter()
                .filter_map(|f| f.strip_suffix(".rs"))
                .map(|rule| (folder.clone(), rule.to_owned())),
        );
    }
    assert!(!all.is_empty(), "rules lie under crates/*/src/rules");
    all
}

#[test]
fn every_rule_has_its_page_with_all_its_parts() {
    let headings = [
        "## Why it matters",
        "## What to do",
        "## When it climbs",
        "## When it is unknown",
        "## Parameters",
        "## Sources",
        "## Decided here",
        "## Scenarios",
    ];
    let listed = pipeline::registry::rules();
    let readme = read(&root().join("README.md"));
    for (folder, rule) in rules() {
        let page = read(&folder.join(format!("{rule}.md")));
        let at: Vec<_> = headings.iter().map(|heading| page.find(heading)).collect();
        assert!(
            at.iter().all(Option::is_some) && at.is_sorted(),
            "{rule}.md: {headings:?} stand at {at:?}"
        );
        let engine =
            folder.parent().and_then(Path::parent).and_then(Path::file_name).expect("an engine");
        let name = format!("{}/{}", engine.to_string_lossy(), rule.replace('_', "-"));
        assert!(
            page.starts_with(&format!("# `{name}`\n")),
            "{rule}.md is titled with its rule's name"
        );
        let info = listed.iter().find(|info| info.name == name);
        let info = info.unwrap_or_else(|| panic!("{name} is in no engine's list"));
        let code = page.lines().find_map(|line| line.strip_prefix("Code: ")).unwrap_or_default();
        assert_eq!(info.code, code, "{rule}.md says another code than its rule");
        let actions =
            facts::action::actions(info.page).unwrap_or_else(|e| panic!("{rule}.md: {e}"));
        assert!(!actions.is_empty(), "{rule}.md says nothing to do");
        let in_readme = format!(
            "| [`{name}`](crates/{}/src/rules/{rule}.md) | {code} |",
            engine.to_string_lossy()
        );
        assert!(readme.contains(&in_readme), "README.md lists {name} with its page and its code");
        let scenarios = page.split("## Scenarios").nth(1).unwrap_or_default();
        assert!(scenarios.matches("```scenario").count() >= 5, "{rule}.md has too few scenarios");
        assert!(scenarios.contains("then   nothing"), "{rule}.md has no negative case");
        assert!(scenarios.contains(" raised "), "{rule}.md has no positive case");
        assert!(
            scenarios.contains(" withdrawn ") || scenarios.contains("corrected"),
            "{rule}.md corrects nothing"
        );
    }
}

/// Every page of something that can be found: what its title names, where it lies, its text.
fn pages() -> BTreeMap<String, (PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for name in names(folder) {
            let path = folder.join(&name);
            if path.is_dir() {
                walk(&path, found);
            } else if name.ends_with(".md") {
                found.push(path);
            }
        }
    }
    let mut files = Vec::new();
    for name in names(&root().join("crates")) {
        walk(&root().join("crates").join(name).join("src"), &mut files);
    }
    let mut pages = BTreeMap::new();
    for file in files {
        let text = read(&file);
        let title =
            text.lines().next().and_then(|line| line.strip_prefix("# `")?.strip_suffix('`'));
        let Some(title) = title.filter(|_| text.contains("\nCode: ")) else { continue };
        let (title, path) =
            (title.to_owned(), file.strip_prefix(root()).expect("within").to_owned());
        let before = pages.insert(title, (path, text));
        assert!(before.is_none(), "{} has the title of another page", file.display());
    }
    pages
}

#[test]
fn whatever_bears_a_code_is_in_the_registry_on_its_page_and_in_the_readme() {
    let (pages, readme) = (pages(), read(&root().join("README.md")));
    let registry = pipeline::registry::registry();
    let mut rows = BTreeSet::new();
    let mut codes = BTreeSet::new();
    for info in registry.all() {
        let (path, text) =
            pages.get(info.name).unwrap_or_else(|| panic!("{} has no page", info.name));
        assert_eq!(info.page, text, "{} holds another page than {}", info.name, path.display());
        let code = text.lines().find_map(|line| line.strip_prefix("Code: "));
        assert_eq!(code, Some(info.code), "{}", path.display());
        assert!(!info.first_action().is_empty(), "{} says nothing to do", path.display());
        assert!(codes.insert(info.code), "{} is the code of two", info.code);
        let letters = match info.family {
            Family::Custody => "CUS-",
            Family::Identity => "IDN-",
            Family::Thermal => "THM-",
            Family::Data => "DAT-",
            Family::Permits => "PRM-",
            Family::Schedule => "SCH-",
            Family::System => "SYS-",
        };
        assert!(info.code.starts_with(letters), "{} is of the family {:?}", info.code, info.family);
        rows.insert(format!("| [`{}`]({}) | {} |", info.name, path.display(), info.code));
    }
    for found in pipeline::registry::system() {
        let says = format!("it is {}", found.severity);
        assert!(
            found.info.page.contains(&says),
            "the page of {} does not say `{says}`",
            found.info.name
        );
    }
    let listed: BTreeSet<&str> = registry.all().iter().map(|info| info.name).collect();
    let paged: BTreeSet<&str> = pages.keys().map(String::as_str).collect();
    assert_eq!(listed, paged, "what is listed and what has a page with a code");
    let in_readme: BTreeSet<String> = readme
        .lines()
        .filter(|line| line.starts_with("| [`"))
        .filter_map(|line| {
            Some(format!("|{}|{}|", line.split('|').nth(1)?, line.split('|').nth(2)?))
        })
        .collect();
    assert_eq!(in_readme, rows, "the tables of README.md and the registry");
}

/// Where a rule or a code is named outside of tests.
const MAY_NAME_A_RULE: [&str; 1] = ["crates/simulate/"];

#[test]
fn no_code_asks_for_a_rule_by_its_name_or_code() {
    // The simulator says what must be found and never runs a rule. Everybody else asks the registry.
    let all = pipeline::registry::registry().all();
    let families: BTreeSet<&str> =
        all.iter().filter_map(|info| info.code.split('-').next()).collect();
    for (path, text) in code() {
        if MAY_NAME_A_RULE.iter().any(|free| path.starts_with(free)) {
            continue;
        }
        for (number, line) in lines(&text) {
            let own = |info: &&&facts::RuleInfo| {
                line.contains(&format!("\"{}\"", info.name))
                    || line.contains(&format!("\"{}\"", info.code))
            };
            let named = all.iter().find(own);
            let prefix = families.iter().find(|family| line.contains(&format!("\"{family}-\"")));
            let its_own = named.is_some_and(|info| is_defined_in(&text, info));
            assert!(
                (named.is_none() || its_own) && prefix.is_none(),
                "{path}:{number} asks for a rule or for letters of a code: {line}"
            );
        }
    }
}

/// Where an engine is named outside of its own crate and of tests.
const LISTS_ENGINES: &str = "crates/pipeline/src/engines.rs";

#[test]
fn no_engine_is_named_outside_of_the_list() {
    let engines = pipeline::engines::names();
    for (path, text) in code().into_iter().filter(|(path, _)| path.ends_with(".rs")) {
        if path == LISTS_ENGINES {
            continue;
        }
        let others = engines.iter().filter(|name| !path.starts_with(&format!("crates/{name}/")));
        for (number, line) in lines(&text) {
            let named = others.clone().find(|name| {
                // `custody::Custody` is the crate's, `context::Custody` and `view::custody::` are not.
                let crates = format!("{name}::");
                let mut paths = line.match_indices(&crates).map(|(at, _)| &line[..at]);
                paths.any(|before| !before.ends_with([':', '_']))
            });
            assert!(named.is_none(), "{path}:{number} names an engine: {line}");
        }
        // One such word alone is of the trade, as the permits of a plan; several are a list of engines.
        let words = others.filter(|name| {
            let word = format!("\"{name}\"");
            lines(&text).any(|(_, line)| line.contains(&word))
        });
        let words: Vec<&&str> = words.collect();
        assert!(words.len() < 2, "{path} lists engines: {words:?}");
    }
}

#[test]
fn each_engine_is_deployed_as_a_service() {
    let deploy = root().join("deploy");
    let compose = read(&deploy.join("compose.yaml"));
    for name in pipeline::engines::names() {
        let manifest = read(&deploy.join(format!("kubernetes/{name}.yaml")));
        assert!(manifest.contains(&format!("args: [run, {name},")), "{name}.yaml runs {name}");
        assert!(compose.contains(&format!("command: [run, {name}]")), "compose.yaml runs {name}");
    }
}

/// The program's code, and what its pages are made of: each file by its path, without its tests.
fn code() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for name in names(folder) {
            let path = folder.join(&name);
            if path.is_dir() {
                walk(&path, found);
            } else if name.ends_with(".rs") || name.ends_with(".html") || name.ends_with(".js") {
                found.push(path);
            }
        }
    }
    let mut files = Vec::new();
    for name in names(&root().join("crates")) {
        for part in ["src", "templates", "static"] {
            let folder = root().join("crates").join(&name).join(part);
            if folder.is_dir() {
                walk(&folder, &mut files);
            }
        }
    }
    let path = |file: &Path| file.strip_prefix(root()).expect("within").display().to_string();
    let all = files.iter().map(|file| (path(file), read(file)));
    all.filter(|(path, _)| !path.contains("tests"))
        .map(|(path, text)| {
            let code = text.split("\nmod tests {").next().unwrap_or_default();
            (path, code.to_owned())
        })
        .collect()
}

/// What is no comment, with its number.
fn lines(code: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(code.lines()).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Whether a file is where a rule, or what a stage finds by itself, says what it is: its page is included there.
fn is_defined_in(text: &str, info: &facts::RuleInfo) -> bool {
    let page = info.name.rsplit('/').next().unwrap_or_default().replace('-', "_");
    text.contains(&format!("{page}.md\")"))
}

/// The tables of a text's `toml` blocks, or of a whole file.
fn tables(text: &str, page: bool) -> toml::Table {
    let blocks: String = if page {
        text.split("```toml\n").skip(1).filter_map(|block| block.split("```").next()).collect()
    } else {
        text.to_owned()
    };
    blocks.parse().unwrap_or_else(|e| panic!("{e}:\n{blocks}"))
}

/// Public types whose name stands in two crates, each with the reason why it may: a reader who meets the name must know at once which is
/// meant. The list may only shrink.
const SAME_NAMES: &[(&str, &str)] = &[];

#[test]
fn no_public_type_name_stands_in_two_crates() {
    let mut crates: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in code().into_iter().filter(|(path, _)| path.contains("/src/")) {
        let owner = path.split('/').nth(1).unwrap_or_default();
        for (_, line) in lines(&text) {
            let item = line.trim_start().strip_prefix("pub ").unwrap_or_default();
            let kinds = ["struct ", "enum ", "trait ", "type "];
            let Some(rest) = kinds.iter().find_map(|kind| item.strip_prefix(kind)) else {
                continue;
            };
            let name: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            crates.entry(name).or_default().insert(owner.to_owned());
        }
    }
    assert!(crates.len() > 100, "public types are found at all");
    for (name, owners) in &crates {
        let excused = SAME_NAMES.iter().any(|(excused, _)| excused == name);
        assert!(owners.len() == 1 || excused, "`{name}` is a public type of {owners:?}");
        assert!(
            owners.len() > 1 || !excused,
            "`{name}` needs no excuse any more: take it off the list"
        );
    }
    for (name, _) in SAME_NAMES {
        assert!(
            crates.contains_key(*name),
            "`{name}` is no public type any more: take it off the list"
        );
    }
}

#[test]
fn every_number_of_the_rulebook_is_its_page_s_with_its_reason() {
    let folder = root().join("config/rulebook");
    let mut book = toml::Table::new();
    let mut lines: BTreeSet<String> = BTreeSet::new();
    for name in names(&folder) {
        let text = read(&folder.join(&name));
        lines.extend(text.lines().map(|line| line.trim().to_owned()));
        for (table, value) in tables(&text, false) {
            assert!(book.insert(table.clone(), value).is_none(), "[{table}] stands in two files");
        }
    }
    let pages = ["crates/alerts/src/incident.md", "crates/alerts/src/stage_silent.md"]
        .map(|page| root().join(page));
    let pages =
        rules().into_iter().map(|(folder, rule)| folder.join(format!("{rule}.md"))).chain(pages);
    let mut on_pages = BTreeSet::new();
    for page in pages {
        let text = read(&page);
        for (table, value) in tables(&text, true) {
            assert_eq!(
                book.get(&table),
                Some(&value),
                "{} and config/rulebook differ in [{table}]",
                page.display()
            );
            for (number, _) in value.as_table().expect("a table") {
                let block = text
                    .split("```toml")
                    .nth(1)
                    .and_then(|b| b.split("```").next())
                    .unwrap_or_default();
                let line = block
                    .lines()
                    .find(|line| line.starts_with(number.as_str()))
                    .unwrap_or_default();
                assert!(
                    line.contains('#'),
                    "{}: `{number}` has no reason beside it",
                    page.display()
                );
                assert!(
                    lines.contains(line.trim()),
                    "config/rulebook says `{line}` otherwise than its page"
                );
            }
            on_pages.insert(table);
        }
    }
    let reference: BTreeSet<String> =
        ["log", "dispatch", "probe", "profile", "product"].map(str::to_owned).into();
    let have: BTreeSet<String> = book.keys().cloned().collect();
    assert_eq!(
        have,
        on_pages.union(&reference).cloned().collect(),
        "every table of the rulebook has its page"
    );
}

#[test]
fn every_config_file_and_sample_parses() {
    let shipped = pipeline::rulebook::shipped().unwrap_or_else(|p| panic!("{p:?}"));
    let folder =
        pipeline::rulebook::read(&root().join("config")).unwrap_or_else(|p| panic!("{p:?}"));
    assert_eq!(
        shipped.book.hash, folder.book.hash,
        "the binary holds the files of config/rulebook"
    );
    assert_eq!((shipped.on.len(), shipped.off.len()), (rules().len(), 0), "every rule is on");
    let limits = wire::Limits::default();
    let samples = read(&root().join("config/schemas/samples.ndjson"));
    for sample in samples.lines() {
        let read = wire::native::read(sample.as_bytes(), &limits)
            .unwrap_or_else(|e| panic!("{e}: {sample}"));
        let again = wire::native::write(&read.event, &read.extensions);
        assert_eq!(
            wire::native::read(again.as_bytes(), &limits),
            Ok(read),
            "written as it is read"
        );
    }
}

/// A description has so many words at the least, or it says nothing to who has not seen the code.
const LEAST_WORDS: usize = 4;

#[test]
fn every_description_that_is_published_is_a_sentence() {
    fn walk(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(members) => {
                found
                    .extend(members.get("description").and_then(|d| d.as_str().map(str::to_owned)));
                members.values().for_each(|member| walk(member, found));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let schemas = root().join("config/schemas");
    let mut files: Vec<PathBuf> = names(&schemas).iter().map(|name| schemas.join(name)).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    files.push(root().join("config/api/openapi.json"));
    let mut seen = 0;
    for file in files {
        let schema = serde_json::from_str(&read(&file)).expect("JSON");
        let mut found = Vec::new();
        walk(&schema, &mut found);
        seen += found.len();
        for description in found {
            let words = description.split_whitespace().count();
            assert!(words >= LEAST_WORDS, "{}: `{description}`", file.display());
        }
    }
    assert!(seen > 500, "only {seen} descriptions were found");
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = read(&root().join("Cargo.toml"));
    let section = manifest
        .split("[workspace.dependencies]")
        .nth(1)
        .and_then(|s| s.split("\n[").next())
        .expect("dependencies");
    let outside = section.lines().filter(|line| line.contains('=') && !line.contains("path ="));
    for line in outside {
        assert!(line.contains("# "), "no reason beside: {line}");
    }
}

#[test]
fn only_what_belongs_there_lies_on_top() {
    let allowed = [
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "README.md",
        "config",
        "crates",
        "deploy",
        "target",
        "tests",
    ];
    for name in names(&root()).iter().filter(|name| !name.starts_with('.')) {
        assert!(allowed.contains(&name.as_str()), "{name} does not belong on top");
    }
}

#[test]
fn no_file_names_the_machine_that_it_was_made_on_or_where_packages_come_from() {
    // Whoever builds chooses the mirror: a host or a folder that is written down here works on one machine only.
    // The names are put together so that this file does not hold them.
    let hosts = [
        ["crates", "io"],
        ["npmjs", "org"],
        ["yarnpkg", "com"],
        ["repo1.maven", "org"],
        ["repo.maven.apache", "org"],
        ["pypi", "org"],
        ["pythonhosted", "org"],
        ["golang", "org"],
        ["docker", "io"],
        ["docker", "com"],
        ["ghcr", "io"],
        ["gcr", "io"],
        ["quay", "io"],
        ["debian", "org"],
        ["rust-lang", "org"],
    ];
    let mut forbidden: Vec<String> = hosts.iter().map(|host| host.join(".")).collect();
    forbidden.extend([["/wo", "rk/"].concat(), ["/tmp", "/w-"].concat()]);
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let Some(listed) = listed.ok().filter(|listed| listed.status.success()) else {
        println!("skipped: no checkout of git, so the files are not known");
        return;
    };
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let mut seen = 0;
    for name in listed.split('\0').filter(|name| !name.is_empty()) {
        // One that was moved away and is not committed yet.
        let Ok(bytes) = std::fs::read(root().join(name)) else { continue };
        seen += 1;
        for (number, line) in (1..).zip(String::from_utf8_lossy(&bytes).lines()) {
            // Cargo writes the name of its registry itself.
            if name == "Cargo.lock" && line.starts_with("source = \"registry+") {
                continue;
            }
            let found = forbidden.iter().find(|word| line.contains(word.as_str()));
            assert!(found.is_none(), "{name}:{number} names {}", found.map_or("", |word| word));
        }
    }
    assert!(seen > 100, "only {seen} files were looked at");
}

#[test]
fn every_engine_stands_alone_without_std() {
    // In the workspace features are united, and a clock could come in through the back door.
    for engine in PURE.iter().chain(pipeline::engines::names()) {
        let tree = cargo(&[
            "tree",
            "--locked",
            "--offline",
            "-p",
            engine,
            "-e",
            "normal,no-proc-macro",
            "--prefix",
            "none",
            "-f",
            "{p} {f}",
        ]);
        let text = String::from_utf8_lossy(&tree.stdout).into_owned();
        assert!(tree.status.success(), "{engine}: {}", String::from_utf8_lossy(&tree.stderr));
        for line in text.lines() {
            let (package, features) =
                line.split_once(") ").or_else(|| line.rsplit_once(' ')).unwrap_or((line, ""));
            let bad = features
                .split(',')
                .any(|feature| ["std", "clock", "now", "wasmbind"].contains(&feature.trim()));
            assert!(!bad, "{engine} alone takes {package} with {features}");
        }
        let root_file = read(&root().join(format!("crates/{engine}/src/lib.rs")));
        assert!(root_file.contains("#![no_std]"), "{engine} is no_std");
    }
}
