//! A company for servers under load: pools of reps with caps, around the clock, in files.

use std::{io, path::Path};

/// Leads from Austria go to few reps and wait for them; all others go to many, and are parked where
/// those are full. Beside them is a rep whom only people give leads to.
#[derive(Debug, Clone, Copy)]
pub struct Company {
    pub few: Pool,
    pub many: Pool,
}

/// How many reps there are, and how many leads each may have open.
#[derive(Debug, Clone, Copy)]
pub struct Pool {
    pub reps: usize,
    pub open: u32,
}

impl Company {
    /// Writes the workspace that `pointsman serve` reads.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        std::fs::create_dir_all(folder.join("policies"))?;
        std::fs::write(folder.join("pointsman.toml"), SETTINGS)?;
        std::fs::write(folder.join("attributes.toml"), ATTRIBUTES)?;
        std::fs::write(folder.join("reps.toml"), self.roster())?;
        std::fs::write(folder.join("policies/main.toml"), POLICY)
    }

    fn roster(&self) -> String {
        let mut text = "format = 1\n[[limit]]\nid = 'open'\nkind = 'open'\n".to_owned();
        for (name, pool) in [("few", self.few), ("many", self.many)] {
            let reps: Vec<String> = (0..pool.reps).map(|n| format!("{name}-{n}")).collect();
            for rep in &reps {
                text.push_str(&format!("[[rep]]\nid = '{rep}'\ncaps = {{ open = {} }}\n", pool.open));
            }
            text.push_str(&format!("[[pool]]\nid = '{name}'\nreps = ['{}']\n", reps.join("', '")));
        }
        text.push_str(&format!("[[rep]]\nid = '{BY_HAND}'\ncaps = {{ open = {BY_HAND_OPEN} }}\n"));
        text
    }
}

/// Whom no rule names.
pub const BY_HAND: &str = "by-hand";
/// How many leads that rep may have open.
pub const BY_HAND_OPEN: u32 = 150;

const SETTINGS: &str =
    "format = 1\nzone = 'Europe/Berlin'\ncurrency = 'EUR'\npolicy = 'main'\n[server]\nrate = 1000000\n";

const ATTRIBUTES: &str =
    "format = 1\nlead = [{ name = 'country', type = 'country' }, { name = 'employees', type = 'integer' }]\n";

const POLICY: &str = "format = 1
name = 'main'
[[rule]]
id = 'waits'
when = \"lead.country == 'AT'\"
pool = 'few'
pick = 'weighted-round-robin'
on_full = { hold = '2h' }
[[rule]]
id = 'rest'
when = \"lead.country != 'AT'\"
pool = 'many'
pick = 'weighted-round-robin'
sla = '30m'
[fallback]
queue = 'unassigned'
";
