//! Names of attributes that are being given: arguments of the function that the set is given to, the schema of a flake.

use nival_engine::Cancellable;
use nival_shape::{OptionKind, Parameter};
use nival_syntax::ast::{AstNode, Attr, Binding};
use nival_syntax::flat::{Node, Token};
use nival_syntax::{Name, SyntaxKind, TextRange, TextSize};

use super::at::At;
use super::{CompletionItem, CompletionKind};
use crate::options;

/// Candidates for the name at a token, which a binding gives.
pub(super) fn keys(at: &At<'_>, token: Token<'_>) -> Cancellable<Vec<CompletionItem>> {
    let around = token.ancestors();
    let Some(binding) = around.iter().position(|node| node.kind() == SyntaxKind::BINDING) else { return Ok(Vec::new()) };
    let inner = crate::near::names_before(token);
    let mut items = Vec::new();
    if inner.is_empty() {
        items.extend(arguments(at, &around[binding..])?);
    }
    items.extend(set_options(at, &around[binding..], &inner)?);
    if at.position.path.file_name().is_some_and(|name| name == "flake.nix") {
        items.extend(flake(at, &around[binding..], inner));
    }
    Ok(items)
}

/// The formals of the function that the set around is an argument of.
fn arguments(at: &At<'_>, around: &[Node<'_>]) -> Cancellable<Vec<CompletionItem>> {
    let Some(&set) = around.get(1).filter(|node| node.kind() == SyntaxKind::ATTR_SET) else { return Ok(Vec::new()) };
    let mut argument = set;
    let mut outer = around.get(2..).unwrap_or_default().iter();
    let function = loop {
        match outer.next() {
            Some(node) if node.kind() == SyntaxKind::PAREN => argument = *node,
            Some(node) if node.kind() == SyntaxKind::APPLY => {
                let mut parts = node.children();
                match (parts.next(), parts.next()) {
                    (Some(function), Some(second)) if second == argument => break function,
                    _ => return Ok(Vec::new()),
                }
            }
            _ => return Ok(Vec::new()),
        }
    };
    let given = given(set, around.first().copied());
    let replace = at.replace;
    let found = at.ask_function(function, |shapes, db, thunk| {
        let Some(Parameter::Pattern { formals, .. }) = shapes.parameters(thunk)?.into_iter().next() else { return None };
        let items = formals.into_iter().filter(|formal| !given.contains(&formal.name)).zip(0..).map(|(formal, place)| {
            let label = formal.name.to_string();
            let insert = nival_eval::print::identifier(formal.name.as_bytes());
            let default = formal.default.map(|default| {
                let file = formal.place.file;
                let range = nival_hir::queries::source_map(db, file).expr_range(default);
                let text = file.contents(db).text();
                crate::tree::first_line(crate::tree::slice(text, range), 60)
            });
            CompletionItem {
                snippet: Some(format!("{insert} = $0;")),
                detail: Some(default.as_ref().map_or_else(|| "required".to_owned(), |default| format!("? {default}"))),
                rank: if default.is_none() { 0 } else { 1 } + place.min(10) / 8,
                insert,
                ..CompletionItem::new(label, CompletionKind::Parameter, replace)
            }
        });
        Some(items.collect())
    })?;
    Ok(found.unwrap_or_default())
}

/// The names of options, in a module that sets them.
fn set_options(at: &At<'_>, around: &[Node<'_>], inner: &[Name]) -> Cancellable<Vec<CompletionItem>> {
    if !options::looks_like_module(&at.tree) && at.ask_file(|shapes, _, file| Some(shapes.is_listed_module(file)))? != Some(true) {
        return Ok(Vec::new());
    }
    // The path of the bindings around, and the part of the own one that is there already.
    let Some(mut path) = options::path_of(around.get(1..).unwrap_or_default()) else { return Ok(Vec::new()) };
    path.extend(inner.iter().skip(usize::from(path.is_empty() && inner.first().is_some_and(|name| name.as_bytes() == b"config"))));
    let found = at.ask_file(|shapes, _, file| {
        if !shapes.is_module(file) {
            return None;
        }
        let items = shapes.options(file, &path).into_iter().map(|name| {
            let own: Vec<Name> = path.iter().copied().chain([name]).collect();
            let detail = shapes.option(file, &own).map_or("options", |option| kind_name(&option.kind));
            CompletionItem {
                insert: nival_eval::print::identifier(name.as_bytes()),
                detail: Some(detail.to_owned()),
                ..CompletionItem::new(name.to_string(), CompletionKind::Attribute, at.replace)
            }
        });
        Some(items.collect())
    })?;
    Ok(found.unwrap_or_default())
}

fn kind_name(kind: &OptionKind) -> &'static str {
    match kind {
        OptionKind::Unknown => "option",
        OptionKind::Bool => "bool",
        OptionKind::Int => "int",
        OptionKind::Float => "float",
        OptionKind::Str => "string",
        OptionKind::Path => "path",
        OptionKind::Package => "package",
        OptionKind::List => "list",
        OptionKind::Set => "set",
        OptionKind::Function => "function",
        OptionKind::Enum(_) => "one of a few",
    }
}

/// Puts the values first that an option can have.
pub(super) fn add_values(at: &At<'_>, token: Token<'_>, items: &mut Vec<CompletionItem>) -> Cancellable<()> {
    let around = token.ancestors();
    // The value itself, and no part of it.
    if around.first().is_none_or(|first| first.kind() != SyntaxKind::NAME_REF) {
        return Ok(());
    }
    match option_kind(at, &around)? {
        Some(OptionKind::Bool) => {
            items.iter_mut().filter(|item| matches!(item.label.as_str(), "true" | "false")).for_each(|item| item.rank = 0)
        }
        Some(OptionKind::Enum(texts)) => items.extend(texts.iter().map(|text| CompletionItem {
            insert: format!("\"{text}\""),
            ..CompletionItem::new(text.to_string(), CompletionKind::Constant, at.replace)
        })),
        _ => {}
    }
    Ok(())
}

/// The texts that an option can have, in quotes that are there already; the closing one may be missing.
pub(super) fn quoted_values(at: &At<'_>, token: Token<'_>) -> Cancellable<Vec<CompletionItem>> {
    let around = token.ancestors();
    let Some(string) = around.first().filter(|first| first.kind() == SyntaxKind::STR) else {
        return Ok(Vec::new());
    };
    let (start, cursor) = (usize::from(string.range().start()) + 1, usize::from(at.position.offset));
    let is_plain = |text: &str| !text.contains(['$', '\\', '\n', '"']);
    if !at.text.get(start..cursor).is_some_and(is_plain) {
        return Ok(Vec::new());
    }
    let Some(OptionKind::Enum(texts)) = option_kind(at, &around)? else { return Ok(Vec::new()) };
    let rest = at.text.get(cursor..).unwrap_or_default();
    let rest = rest.lines().next().unwrap_or_default();
    let (end, quote) = match rest.find('"').filter(|length| rest.get(..*length).is_some_and(is_plain)) {
        Some(length) => (cursor + length, ""),
        None => (usize::from(at.replace.end()).max(cursor), "\""),
    };
    let replace = TextRange::new(TextSize::new(start as u32), TextSize::new(end as u32));
    Ok(texts
        .iter()
        .filter(|text| is_plain(text))
        .map(|text| CompletionItem {
            insert: format!("{text}{quote}"),
            ..CompletionItem::new(text.to_string(), CompletionKind::Constant, replace)
        })
        .collect())
}

/// What the option takes whose value begins at these nodes.
fn option_kind(at: &At<'_>, around: &[Node<'_>]) -> Cancellable<Option<OptionKind>> {
    if around.get(1).is_none_or(|binding| binding.kind() != SyntaxKind::BINDING) {
        return Ok(None);
    }
    let Some(path) = options::path_of(&around[1..]).filter(|path| !path.is_empty()) else { return Ok(None) };
    if !options::looks_like_module(&at.tree) && at.ask_file(|shapes, _, file| Some(shapes.is_listed_module(file)))? != Some(true) {
        return Ok(None);
    }
    at.ask_file(|shapes, _, file| if shapes.is_module(file) { shapes.option(file, &path).map(|option| option.kind) } else { None })
}

/// The names that a set gives, but by one binding.
fn given(set: Node<'_>, but: Option<Node<'_>>) -> Vec<Name> {
    let mut names = Vec::new();
    for entry in set.children().filter(|entry| Some(*entry) != but) {
        match entry.kind() {
            SyntaxKind::BINDING => {
                names.extend(Binding::cast(entry).and_then(|b| b.attrpath()).and_then(|p| p.attrs().next()).and_then(|a| a.static_name()));
            }
            SyntaxKind::INHERIT => names.extend(entry.children().filter_map(Attr::cast).filter_map(|attr| attr.static_name())),
            _ => {}
        }
    }
    names
}

const TOP: &[(&str, &str)] = &[
    ("description", "One line about the flake."),
    ("inputs", "Other flakes that this one depends on."),
    ("nixConfig", "Settings of Nix for this flake; Nix asks before it takes them."),
    ("outputs", "A function of the inputs that gives what the flake has to offer."),
];

const INPUT: &[(&str, &str)] = &[
    ("dir", "The folder of the flake within its source."),
    ("flake", "`false` for a source that is no flake: the input is then its tree of files."),
    ("follows", "The input of this or another flake to use instead: `nixpkgs`, `home-manager/nixpkgs`."),
    ("inputs", "Inputs of this input to replace: `inputs.nixpkgs.follows`."),
    ("narHash", "The hash of the tree of files."),
    ("owner", "Of a repository at GitHub, GitLab or SourceHut."),
    ("ref", "A branch or tag."),
    ("repo", "The name of a repository."),
    ("rev", "A commit."),
    ("type", "`github`, `git`, `path`, `tarball`, …"),
    ("url", "The flake, as `github:owner/repo/ref`, `git+https://…`, `path:./sub`."),
];

const OUTPUTS: &[(&str, &str)] = &[
    ("apps", "Programs for `nix run`: `apps.<system>.<name> = { type = \"app\"; program = …; }`."),
    ("bundlers", "Functions for `nix bundle`: `bundlers.<system>.<name>`."),
    ("checks", "Derivations that `nix flake check` builds: `checks.<system>.<name>`."),
    ("darwinConfigurations", "Configurations of nix-darwin by host."),
    ("devShells", "Environments for `nix develop`: `devShells.<system>.<name>`."),
    ("formatter", "The program that `nix fmt` runs: `formatter.<system>`."),
    ("homeConfigurations", "Configurations of home-manager by user."),
    ("hydraJobs", "Derivations for Hydra, in any tree of sets."),
    ("legacyPackages", "Packages in any tree of sets, as nixpkgs has them: `legacyPackages.<system>`."),
    ("lib", "Functions for others."),
    ("nixosConfigurations", "Configurations of NixOS by host."),
    ("nixosModules", "Modules of NixOS by name."),
    ("overlays", "Overlays by name: `overlays.<name> = final: prev: { … }`."),
    ("packages", "Derivations for `nix build`: `packages.<system>.<name>`."),
    ("templates", "Folders for `nix flake init`: `templates.<name> = { path = …; description = …; }`."),
];

/// What a flake may have here.
fn flake(at: &At<'_>, around: &[Node<'_>], inner: Vec<Name>) -> Vec<CompletionItem> {
    // The names of the bindings around, outermost first.
    let mut path: Vec<Vec<Name>> = around.iter().skip(1).filter_map(|node| names_of(*node)).collect();
    path.reverse();
    let path: Vec<Name> = path.concat().into_iter().chain(inner).collect();
    let path: Vec<&[u8]> = path.iter().map(|name| name.as_bytes()).collect();
    let rows = match path[..] {
        [] => TOP,
        [b"inputs", _] | [b"inputs", _, b"inputs", _] => INPUT,
        [b"outputs"] => OUTPUTS,
        _ => return Vec::new(),
    };
    let item = |&(label, doc): &(&str, &str)| CompletionItem {
        documentation: Some(doc.to_owned()),
        detail: Some("flake".to_owned()),
        ..CompletionItem::new(label, CompletionKind::Attribute, at.replace)
    };
    rows.iter().map(item).collect()
}

fn names_of(node: Node<'_>) -> Option<Vec<Name>> {
    Some(Binding::cast(node)?.attrpath()?.attrs().filter_map(|attr| attr.static_name()).collect())
}
