//! Images of the state of each stage, kept by the version of their frame and of their schema. A release reads those of its own versions, and
//! writes the same bytes again: whoever changes what is kept raises the version (`SCHEMA` of dispatch and alerts, `schema` in the `ABOUT` of an
//! engine, `fold::snapshot::FRAME`), and an old snapshot is never taken for a new one.
//!
//! - `COLDWATCH_WRITE_GOLDEN=1` keeps images of versions of which there are none yet; what is there is never written over

use crate::{WEEK, origin, shipped};
use libtest_mimic::{Failed, Trial};
use pipeline::{ENGINES, Pipeline};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Each stage that keeps a state, and the version of that.
fn stages() -> Vec<(&'static str, u32)> {
    let engines = ENGINES.iter().map(|engine| (engine.name, engine.schema));
    engines.chain([("dispatch", dispatch::SCHEMA), ("alerts", alerts::SCHEMA)]).collect()
}

fn file(stage: &str, schema: u32) -> PathBuf {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/images");
    let frame = fold::snapshot::FRAME;
    Path::new(golden).join(format!("{stage}-frame-{frame}-schema-{schema}.zst"))
}

fn is_wrong(wrong: impl std::fmt::Display) -> String {
    wrong.to_string()
}

/// The images of one stage, by partition.
fn read(path: &Path) -> Result<BTreeMap<u16, Vec<u8>>, String> {
    let packed = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let bytes = zstd::decode_all(packed.as_slice()).map_err(is_wrong)?;
    postcard::from_bytes(&bytes).map_err(is_wrong)
}

/// What a week of shipments leaves in each stage when half of it has come.
fn half_a_week() -> Result<Pipeline, String> {
    let arrivals = simulate::make(WEEK.0, WEEK.1).inbound;
    let mut pipeline = Pipeline::new(&shipped()?).map_err(is_wrong)?;
    let half = arrivals.len() / 2;
    for (n, arrival) in (1..).zip(arrivals.into_iter().take(half)) {
        pipeline.feed(arrival.at, arrival.event, origin(n)).map_err(is_wrong)?;
    }
    Ok(pipeline)
}

/// Keeps images where there are none of these versions yet; says of how many stages.
pub(crate) fn keep() -> Result<usize, String> {
    let mut images = half_a_week()?.snapshots()?;
    let mut kept = 0;
    for (stage, schema) in stages() {
        let path = file(stage, schema);
        if path.exists() {
            continue;
        }
        std::fs::create_dir_all(path.parent().unwrap_or(&path)).map_err(is_wrong)?;
        let of_stage: BTreeMap<u16, Vec<u8>> =
            images.extract_if(.., |(_, of), _| *of == stage).map(|((n, _), i)| (n, i)).collect();
        let bytes = postcard::to_allocvec(&of_stage).map_err(is_wrong)?;
        let packed = zstd::encode_all(bytes.as_slice(), 19).map_err(is_wrong)?;
        std::fs::write(&path, packed).map_err(is_wrong)?;
        kept += 1;
    }
    Ok(kept)
}

/// One for each stage.
pub(crate) fn trials() -> Vec<Trial> {
    let trial = |(stage, schema): (&'static str, u32)| {
        let name = format!("an image of {stage} of schema {schema} is read and written again");
        Trial::test(name, move || {
            let images = read(&file(stage, schema)).map_err(|e| {
                format!("{e}: COLDWATCH_WRITE_GOLDEN=1 keeps images of a new version")
            })?;
            let mut pipeline = Pipeline::empty();
            for (partition, image) in &images {
                let wrong = |e| {
                    format!(
                        "partition {partition}: {e}: what is kept has changed, and its version has not"
                    )
                };
                pipeline.resume(*partition, stage, image).map_err(wrong)?;
            }
            let again = pipeline.snapshots().map_err(Failed::from)?;
            for (partition, image) in &images {
                let same = again.get(&(*partition, stage)) == Some(image);
                if !same {
                    return Err(Failed::from(format!(
                        "partition {partition}: other bytes are written than were read: what is kept has changed, and its version has not"
                    )));
                }
            }
            match images.values().any(|image| image.len() > 1_000) {
                true => Ok(()),
                false => Err(Failed::from("these images hold nothing")),
            }
        })
    };
    stages().into_iter().map(trial).collect()
}
