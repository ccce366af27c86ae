//! What a text leads to: files by path literals and search paths, pages by the addresses in comments and strings.

use std::path::{Path, PathBuf};

use nival_engine::{Cancellable, Snapshot};
use nival_shape::Shapes;
use nival_syntax::{SyntaxKind, TextRange, TextSize};

use crate::hover::resolve_path;
use crate::tree::text_of;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub range: TextRange,
    pub to: LinkTo,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkTo {
    /// An address of the web.
    Url(String),
    /// A path literal as it is written; [`link_target`] says which file it is.
    Path(String),
    /// `nixpkgs/lib` of `<nixpkgs/lib>`.
    SearchPath(String),
}

/// The links of a file, in the order of the text. Which of the files are there is not asked.
///
/// # Errors
/// Cancelled.
pub fn links(snapshot: &Snapshot, path: &Path) -> Cancellable<Vec<Link>> {
    let Some(tree) = snapshot.flat_tree(path)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for node in (0..tree.len() as u32).filter_map(|index| tree.node(index)) {
        // A path with interpolations leads nowhere that the text knows.
        if node.kind() == SyntaxKind::PATH && node.children().next().is_none() {
            found.push(Link { range: node.range(), to: LinkTo::Path(text_of(node)) });
        }
    }
    for token in (0..tree.token_count() as u32).filter_map(|index| tree.token(index)) {
        match token.kind() {
            SyntaxKind::SEARCH_PATH => {
                let text = String::from_utf8_lossy(token.text()).trim_matches(['<', '>']).to_owned();
                found.push(Link { range: token.range(), to: LinkTo::SearchPath(text) });
            }
            SyntaxKind::COMMENT | SyntaxKind::BLOCK_COMMENT | SyntaxKind::STRING_TEXT | SyntaxKind::URI => {
                let goes_on = tree.token(token.index() + 1).is_some_and(|next| next.kind() == SyntaxKind::DOLLAR_BRACE);
                for (start, url) in urls(token.text()) {
                    // The rest of it is evaluated.
                    if goes_on && start + url.len() == token.text().len() {
                        continue;
                    }
                    let range = TextRange::at(token.range().start() + TextSize::new(start as u32), TextSize::of(url));
                    found.push(Link { range, to: LinkTo::Url(url.to_owned()) });
                }
            }
            _ => {}
        }
    }
    found.sort_by_key(|link| link.range.start());
    Ok(found)
}

/// The file that a link of the file `from` leads to, if it is there: `default.nix` of a folder.
///
/// # Errors
/// Cancelled.
pub fn link_target(snapshot: &Snapshot, from: &Path, link: &LinkTo) -> Cancellable<Option<PathBuf>> {
    let path = match link {
        LinkTo::Url(_) => None,
        LinkTo::Path(text) => resolve_path(snapshot, from, text),
        LinkTo::SearchPath(text) => snapshot.with_db(|db| Shapes::new(db).find_file(text))?,
    };
    let Some(path) = path else { return Ok(None) };
    let inside = path.join("default.nix");
    Ok([inside, path].into_iter().find(|path| snapshot.is_file(path)))
}

/// The addresses in a text, with their offsets.
fn urls(text: &[u8]) -> impl Iterator<Item = (usize, &str)> {
    let starts = memchr_iter(text).filter_map(move |colon| {
        let before = text.get(..colon)?;
        let scheme = if before.ends_with(b"https") { 5 } else { 4 };
        (before.ends_with(b"https") || before.ends_with(b"http")).then_some(colon - scheme)
    });
    starts.filter_map(move |start| {
        let rest = text.get(start..)?;
        let ends =
            |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'<' | b'>' | b'`' | b'\'' | b'|' | b'\\' | b'{' | b'}' | b']');
        let rest = &rest[..rest.iter().position(ends).unwrap_or(rest.len())];
        let mut url = std::str::from_utf8(rest).ok()?;
        // Ends of sentences and brackets around it do not belong to it.
        while let Some(last) = url.chars().last() {
            let unopened = last == ')' && !url.contains('(');
            if !matches!(last, '.' | ',' | ';' | ':' | '!' | '?') && !unopened {
                break;
            }
            url = url.strip_suffix(last)?;
        }
        let host = url.split_once("://")?.1;
        (!host.is_empty()).then_some((start, url))
    })
}

/// Where `://` stands.
fn memchr_iter(text: &[u8]) -> impl Iterator<Item = usize> {
    text.windows(3).enumerate().filter(|(_, window)| *window == b"://").map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::Fixture;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let fixture = Fixture::new(text);
        let mut shown = String::new();
        for link in links(&fixture.snapshot, &fixture.path).unwrap() {
            let target = link_target(&fixture.snapshot, &fixture.path, &link.to).unwrap();
            let target = target.map(|path| format!(" → {}", path.display())).unwrap_or_default();
            shown.push_str(&format!("{} {:?}{target}\n", &fixture.text[link.range], link.to));
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn files_and_pages() {
        check(
            "//- /main.nix\n# see https://nixos.org/manual (and http://x.y/a_(b)).\n[ ./a.nix ./d ./none.nix ./${x} <nixpkgs/lib> \"https://e.org/${v}/f and https://g.org, or so\" https://h.i/j ]\n/* <https://k.l> é https://m.n */\n//- /a.nix\n1\n//- /d/default.nix\n2\n",
            expect![[r#"
                https://nixos.org/manual Url("https://nixos.org/manual")
                http://x.y/a_(b)) Url("http://x.y/a_(b))")
                ./a.nix Path("./a.nix") → /a.nix
                ./d Path("./d") → /d/default.nix
                ./none.nix Path("./none.nix")
                <nixpkgs/lib> SearchPath("nixpkgs/lib")
                https://g.org Url("https://g.org")
                https://h.i/j Url("https://h.i/j")
                https://k.l Url("https://k.l")
                https://m.n Url("https://m.n")
            "#]],
        );
    }
}
