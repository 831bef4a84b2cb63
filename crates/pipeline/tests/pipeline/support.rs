//! Small workspaces made in the test.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use pointsman_intake::Mapping;
use pointsman_pipeline::{ImportError, ImportReport, ImportRequest, import};

/// Deals with owner and outcome; `product` is joined.
pub const MAPPING: &str = r#"
format = 1
source = "crm"
time = "iso"

[[attributes.lead]]
name = "country"
type = "country"
[[attributes.lead]]
name = "size"
type = "integer"
[[attributes.lead]]
name = "price"
type = "money"
[[attributes.lead]]
name = "tags"
type = "list"
[[attributes.lead]]
name = "since"
type = "date"
[[attributes.account]]
name = "industry"
type = "choice"
values = ["retail", "technology"]

[[input]]
name = "products"
file = "products*"
optional = true

[[input]]
name = "accounts"
file = "accounts*"
optional = true
[input.account]
id = "account"
known_at = "since"
attributes.industry = "industry"

[[input]]
name = "deals"
file = "deals*"
fixes.product = { GTXPro = "GTX Pro" }
[[input.join]]
input = "products"
on = "product"
key = "product"
[input.lead]
id = "id"
at = "at"
account = "account"
attributes.country = "country"
attributes.size = "size"
attributes.price = "products.price"
attributes.tags = "tags"
attributes.since = "since"
[input.assignment]
when = [{ column = "rep", missing = false }]
lead = "id"
rep = "rep"
at = "at"
[input.outcome]
when = [{ column = "closed", missing = false }]
lead = "id"
at = "closed"
stage = "stage"
value = "value"

[[input]]
name = "activities"
file = "activities*"
optional = true
[input.activity]
lead = "id"
rep = "rep"
at = "at"
kind = "kind"
label = "kind"
system_reps = ["robot"]
"#;

pub const HEADER: &str = "id,at,account,country,size,tags,since,rep,closed,stage,value,product\n";

/// One good row of deals.
pub fn deal(id: &str) -> String {
    format!("{id},2026-03-01T09:30:00+01:00,acme,Germany,12,a;b,2020-01-31,Mara Weiß,2026-03-05,won,99.50,GTXPro\n")
}

pub fn deals(count: usize) -> String {
    (0..count).fold(HEADER.to_owned(), |text, i| text + &deal(&format!("D{i}")))
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A folder with input files, and the workspace that they are imported into.
pub struct Place {
    pub folder: tempfile::TempDir,
    pub files: Vec<PathBuf>,
}

impl Place {
    pub fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut place = Self { folder, files: Vec::new() };
        files.iter().for_each(|(name, bytes)| place.add(name, bytes));
        place
    }

    pub fn add(&mut self, name: &str, bytes: &[u8]) {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        if !self.files.contains(&path) {
            self.files.push(path);
        }
    }

    pub fn workspace(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    pub fn import(&self) -> Result<ImportReport, ImportError> {
        self.import_with(MAPPING)
    }

    pub fn import_with(&self, mapping: &str) -> Result<ImportReport, ImportError> {
        let mapping = Mapping::parse(mapping).unwrap();
        import_files(&mapping, &self.files, &self.workspace())
    }

    pub fn set_aside(&self) -> String {
        fs::read_to_string(self.workspace().join("data/set-aside.csv")).unwrap()
    }
}

pub fn import_files(mapping: &Mapping, inputs: &[PathBuf], into_dir: &Path) -> Result<ImportReport, ImportError> {
    import(ImportRequest { mapping, inputs, into_dir, max_set_aside: 0.01, progress: &mut |_| {} })
}

/// An error with everything that caused it.
pub fn full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    text
}
