//! What becomes of a lock file that changed: written, committed, or left as it was with a warning.

use std::path::{Path, PathBuf};

use nival_eval::Ctx;
use nival_eval::builtins::flake::reference::{Attr, FlakeRef};

use crate::error::FlakeError;
use crate::graph::{Graph, Source};
use crate::lock::LockFile;
use crate::locking::{LockFlags, Locked, fetch_tree};

/// Writes lock files.
pub trait LockWriter {
    /// Where the tree of a reference is, if it is a folder of this machine that people work in.
    fn folder(&self, reference: &FlakeRef) -> Option<PathBuf>;

    /// Writes a file of such a tree; with a message, commits it. What was fetched of the tree before is forgotten.
    fn put(&self, reference: &FlakeRef, file: &str, text: &str, commit: Option<&str>) -> Result<(), FlakeError>;

    /// Writes any other file.
    fn write(&self, path: &Path, text: &str) -> Result<(), FlakeError>;

    fn exists(&self, path: &Path) -> bool;
}

/// Does with a lock file what the user said, and gives the graph to evaluate.
pub fn settle(ctx: &mut Ctx<'_>, locked: Locked, flags: &LockFlags, writer: Option<&dyn LockWriter>) -> Result<Graph, FlakeError> {
    if !locked.is_changed() && flags.output.is_none() {
        return Ok(locked.graph);
    }
    let shown = locked.reference.to_url()?;
    let changes = locked.new.changes_since(&locked.old);
    let Some(writer) = writer.filter(|_| flags.write) else {
        if !flags.lenient {
            ctx.host().notice(&format!("not writing modified lock file of flake '{shown}':\n{}", changes.trim_end()));
        }
        return without_rev(ctx, locked);
    };
    let folder = writer.folder(&locked.reference);
    if folder.is_none() && flags.output.is_none() {
        return Err(FlakeError::NotWritable(shown));
    }
    if let Some(input) = locked.unlocked.as_ref().filter(|_| !flags.allow_dirty) {
        ctx.host().notice(&format!("not writing lock file of flake '{shown}' because it has an unlocked input ('{input}')"));
        return Ok(locked.graph);
    }
    if !flags.update {
        return Err(FlakeError::NoUpdate(shown));
    }
    let text = locked.new.print();
    if let Some(output) = &flags.output {
        if flags.commit {
            return Err(FlakeError::CommitElsewhere);
        }
        writer.write(output, &text)?;
        return Ok(locked.graph);
    }
    let file = match locked.reference.attrs.get("dir") {
        Some(Attr::Text(dir)) if !dir.is_empty() => format!("{dir}/flake.lock"),
        _ => "flake.lock".to_owned(),
    };
    let path = folder.unwrap_or_default().join(&file);
    let there = writer.exists(&path);
    let changes = changes.trim_end();
    ctx.host().notice(&match (there, changes.is_empty()) {
        (false, _) => format!("creating lock file \"{}\": \n{changes}", path.display()),
        (true, true) => format!("updating lock file \"{}\"", path.display()),
        (true, false) => format!("updating lock file \"{}\":\n{changes}", path.display()),
    });
    let message = flags.commit.then(|| {
        let summary = match &flags.commit_summary {
            none if none.is_empty() => format!("{file}: {}", if there { "Update" } else { "Add" }),
            summary => summary.clone(),
        };
        format!("{summary}\n\nFlake lock file updates:\n\n{changes}\n")
    });
    writer.put(&locked.reference, &file, &text, message.as_deref())?;
    let mut graph = locked.graph;
    // The tree is another one now. Nix goes on with the revision that a repository had.
    if matches!(locked.reference.attrs.get("type"), Some(Attr::Text(kind)) if kind != "git") {
        let tree = fetch_tree(ctx, &locked.reference, Registries::None)?;
        if let Some(root) = graph.nodes.first_mut() {
            root.source = Source::Tree(tree.value);
        }
    }
    Ok(graph)
}

/// What is evaluated with other inputs than its lock file says is no revision.
fn without_rev(ctx: &mut Ctx<'_>, locked: Locked) -> Result<Graph, FlakeError> {
    const STRIP: &[u8] = br#"tree: builtins.removeAttrs tree [ "rev" "shortRev" "revCount" ]"#;
    let mut graph = locked.graph;
    if let Some(root) = graph.nodes.first_mut()
        && let Source::Tree(tree) = &root.source
    {
        let strip = ctx.eval_text(STRIP, b"/", "«nix-internal»", &[])?;
        let tree = ctx.call(strip, &[tree.get()])?;
        root.source = Source::Tree(ctx.root(tree));
    }
    Ok(graph)
}

/// The inputs of a flake as its lock file, or locking it, has them: what `--inputs-from` takes for names.
pub fn locked_inputs(file: &LockFile) -> Vec<(String, FlakeRef)> {
    let Some(root) = file.root_node() else { return Vec::new() };
    let locked = |edge: &crate::lock::LockEdge| match edge {
        crate::lock::LockEdge::Node(key) => file.nodes.get(key).map(|node| node.locked.clone()),
        crate::lock::LockEdge::Follows(_) => None,
    };
    root.inputs.iter().filter_map(|(name, edge)| Some((name.clone(), locked(edge)?))).collect()
}

/// Which registries names are looked up in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registries {
    All,
    /// Not those of the user and the system: what inputs of flakes are called is no matter of theirs.
    Limited,
    None,
}

impl Registries {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Registries::All => "all",
            Registries::Limited => "limited",
            Registries::None => "none",
        }
    }
}
