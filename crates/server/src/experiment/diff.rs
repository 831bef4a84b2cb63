//! Two texts line by line, as people review them.

/// Lines that stay with two blanks, that go with `-`, that come with `+`; stretches that stay are
/// cut to three lines of context.
pub fn lines(before: &str, after: &str) -> String {
    let (a, b): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    // The longest common subsequence; policies have hundreds of lines, not thousands.
    let mut longest = vec![vec![0u32; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i][j] =
                if a[i] == b[j] { longest[i + 1][j + 1] + 1 } else { longest[i + 1][j].max(longest[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut marked: Vec<(char, &str)> = Vec::new();
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            marked.push((' ', a[i]));
            (i, j) = (i + 1, j + 1);
        } else if j >= b.len() || (i < a.len() && longest[i + 1][j] >= longest[i][j + 1]) {
            marked.push(('-', a[i]));
            i += 1;
        } else {
            marked.push(('+', b[j]));
            j += 1;
        }
    }
    shortened(&marked)
}

const CONTEXT: usize = 3;

fn shortened(marked: &[(char, &str)]) -> String {
    let near = |at: usize| {
        let (from, until) = (at.saturating_sub(CONTEXT), (at + CONTEXT + 1).min(marked.len()));
        marked[from..until].iter().any(|(mark, _)| *mark != ' ')
    };
    let (mut text, mut cut) = (String::new(), false);
    for (at, (mark, line)) in marked.iter().enumerate() {
        if near(at) {
            text.push_str(&format!("{mark} {line}\n"));
        } else if !cut {
            text.push_str("  …\n");
        }
        cut = !near(at);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_shown_with_its_surroundings() {
        let before = "1\n2\n3\n4\n5\n6\nold\n8\n";
        let after = before.replace("old", "new");
        assert_eq!(lines(before, &after), "  …\n  4\n  5\n  6\n- old\n+ new\n  8\n");
        assert_eq!(lines("a\n", "a\n"), "  …\n");
        assert_eq!(lines("", "a\n"), "+ a\n");
    }
}
