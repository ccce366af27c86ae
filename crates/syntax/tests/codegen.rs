//! Makes `src/ast/generated.rs` from `nix.ungram`, and fails when the file in the checkout is another one.
//! `UPDATE_AST=1 cargo test -p nival-syntax --test codegen` writes it.

#![allow(clippy::disallowed_methods)] // Reads and writes files of this crate.

use std::fmt::Write;
use std::path::Path;

use ungrammar::{Grammar, Node, Rule, Token};

#[derive(Debug, Clone, PartialEq)]
enum Item {
    Token(Token),
    /// Several spellings in one place, or repeated tokens: they bound fields but have no accessor.
    Opaque,
    Child {
        name: String,
        ty: Node,
        many: bool,
    },
}

fn snake(camel: &str) -> String {
    let mut out = String::new();
    for (i, c) in camel.chars().enumerate() {
        if c.is_uppercase() && i > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

fn node_kind(name: &str) -> String {
    // The token of the same name is SEARCH_PATH.
    if name == "SearchPath" { "SEARCH_PATH_EXPR".into() } else { snake(name).to_uppercase() }
}

/// The token's kind and the name of its accessor. Kinds that a rule spells in capitals are their own names.
fn token_kind(spelling: &str) -> (&str, &str) {
    let table = [
        ("{", "L_BRACE", "l_brace"),
        ("}", "R_BRACE", "r_brace"),
        ("[", "L_BRACKET", "l_bracket"),
        ("]", "R_BRACKET", "r_bracket"),
        ("(", "L_PAREN", "l_paren"),
        (")", "R_PAREN", "r_paren"),
        (";", "SEMICOLON", "semicolon"),
        (":", "COLON", "colon"),
        (",", "COMMA", "comma"),
        ("@", "AT", "at"),
        (".", "DOT", "dot"),
        ("...", "ELLIPSIS", "ellipsis"),
        ("=", "ASSIGN", "assign"),
        ("?", "QUESTION", "question"),
        ("${", "DOLLAR_BRACE", "dollar_brace"),
        ("\"", "QUOTE", "quote"),
        ("''", "INDENTED_OPEN", "indented_open"),
        ("if", "IF_KW", "if"),
        ("then", "THEN_KW", "then"),
        ("else", "ELSE_KW", "else"),
        ("assert", "ASSERT_KW", "assert"),
        ("with", "WITH_KW", "with"),
        ("let", "LET_KW", "let"),
        ("in", "IN_KW", "in"),
        ("rec", "REC_KW", "rec"),
        ("inherit", "INHERIT_KW", "inherit"),
        ("or", "OR_KW", "or"),
        ("IDENT", "IDENT", "ident"),
        ("SEARCH_PATH", "SEARCH_PATH", "search_path"),
    ];
    let row = table.iter().find(|row| row.0 == spelling).unwrap_or_else(|| panic!("no kind for the token {spelling:?}"));
    (row.1, row.2)
}

fn items(grammar: &Grammar, rule: &Rule, label: Option<&str>, many: bool, out: &mut Vec<Item>) {
    match rule {
        Rule::Labeled { label, rule } => items(grammar, rule, Some(label), many, out),
        Rule::Node(node) => {
            let base = label.map_or_else(|| snake(&grammar[*node].name), str::to_string);
            let name = if many && label.is_none() { plural(&base) } else { base };
            match out.iter_mut().find(|item| matches!(item, Item::Child { ty, .. } if ty == node) && label.is_none()) {
                // `Attr ('.' Attr)*`
                Some(Item::Child { name, many, .. }) => {
                    *name = plural(&snake(&grammar[*node].name));
                    *many = true;
                }
                _ => out.push(Item::Child { name, ty: *node, many }),
            }
        }
        Rule::Token(token) if many => {
            let _ = token;
            out.push(Item::Opaque);
        }
        Rule::Token(token) => out.push(Item::Token(*token)),
        Rule::Seq(rules) => rules.iter().for_each(|rule| items(grammar, rule, None, many, out)),
        Rule::Opt(rule) => items(grammar, rule, label, many, out),
        Rule::Rep(rule) => items(grammar, rule, label, true, out),
        Rule::Alt(_) => out.push(Item::Opaque),
    }
}

fn plural(name: &str) -> String {
    match name.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{name}s"),
    }
}

fn variants(rule: &Rule) -> Option<Vec<Node>> {
    let Rule::Alt(rules) = rule else { return None };
    rules.iter().map(|rule| if let Rule::Node(node) = rule { Some(*node) } else { None }).collect()
}

fn generate(grammar: &Grammar) -> String {
    let mut out = String::from(
        "//! Made from `nix.ungram` by `tests/codegen.rs`; not to be edited.\n\n\
         use super::support::{AstChildren, AstNode, between, child, children, nth};\nuse crate::SyntaxKind;\nuse crate::tree::TreeNode;\n",
    );
    for node in grammar.iter() {
        let data = &grammar[node];
        match variants(&data.rule) {
            Some(variants) => write_enum(&mut out, grammar, &data.name, &variants),
            None => write_struct(&mut out, grammar, &data.name, &data.rule),
        }
    }
    out
}

fn leaf_kinds(grammar: &Grammar, node: Node) -> Vec<String> {
    match variants(&grammar[node].rule) {
        Some(variants) => variants.iter().flat_map(|v| leaf_kinds(grammar, *v)).collect(),
        None => vec![node_kind(&grammar[node].name)],
    }
}

fn write_enum(out: &mut String, grammar: &Grammar, name: &str, variants: &[Node]) {
    let names: Vec<&str> = variants.iter().map(|v| grammar[*v].name.as_str()).collect();
    let kinds: Vec<String> = variants.iter().flat_map(|v| leaf_kinds(grammar, *v)).map(|k| format!("SyntaxKind::{k}")).collect();
    writeln!(out, "\n/// One of the nodes that `nix.ungram` lists under `{name}`.").unwrap();
    writeln!(out, "#[derive(Debug, Clone, Copy, PartialEq, Eq)]\npub enum {name}<N> {{").unwrap();
    names.iter().for_each(|n| writeln!(out, "    {n}({n}<N>),").unwrap());
    writeln!(out, "}}\n\nimpl<N: TreeNode> AstNode<N> for {name}<N> {{").unwrap();
    writeln!(out, "    fn can_cast(kind: SyntaxKind) -> bool {{\n        matches!(kind, {})\n    }}\n", kinds.join(" | ")).unwrap();
    writeln!(out, "    fn cast(syntax: N) -> Option<Self> {{\n        Some(match syntax.kind() {{").unwrap();
    for n in &names {
        writeln!(out, "            SyntaxKind::{} => {name}::{n}({n} {{ syntax }}),", node_kind(n)).unwrap();
    }
    writeln!(out, "            _ => return None,\n        }})\n    }}\n\n    fn syntax(&self) -> &N {{\n        match self {{").unwrap();
    names.iter().for_each(|n| writeln!(out, "            {name}::{n}(it) => &it.syntax,").unwrap());
    writeln!(out, "        }}\n    }}\n}}").unwrap();
    for n in &names {
        writeln!(out, "\nimpl<N> From<{n}<N>> for {name}<N> {{\n    fn from(it: {n}<N>) -> Self {{\n        {name}::{n}(it)\n    }}\n}}")
            .unwrap();
    }
}

fn write_struct(out: &mut String, grammar: &Grammar, name: &str, rule: &Rule) {
    let mut list = Vec::new();
    items(grammar, rule, None, false, &mut list);
    let kind = node_kind(name);
    writeln!(out, "\n/// `{name}` of `nix.ungram`.\n#[derive(Debug, Clone, Copy, PartialEq, Eq)]").unwrap();
    writeln!(out, "pub struct {name}<N> {{\n    pub(crate) syntax: N,\n}}\n").unwrap();
    writeln!(out, "impl<N: TreeNode> AstNode<N> for {name}<N> {{").unwrap();
    writeln!(out, "    fn can_cast(kind: SyntaxKind) -> bool {{\n        kind == SyntaxKind::{kind}\n    }}\n").unwrap();
    writeln!(
        out,
        "    fn cast(syntax: N) -> Option<Self> {{\n        (syntax.kind() == SyntaxKind::{kind}).then_some({name} {{ syntax }})\n    }}\n"
    )
    .unwrap();
    writeln!(out, "    fn syntax(&self) -> &N {{\n        &self.syntax\n    }}\n}}").unwrap();

    let is_expr = |item: &Item| matches!(item, Item::Child { ty, many: false, .. } if grammar[*ty].name == "Expr");
    let exprs = list.iter().filter(|item| is_expr(item)).count();
    let mut body = String::new();
    let mut tokens = Vec::new();
    for (i, item) in list.iter().enumerate() {
        match item {
            Item::Opaque => {}
            Item::Token(token) if !tokens.contains(token) => {
                tokens.push(*token);
                let (kind, accessor) = token_kind(&grammar[*token].name);
                let text = &grammar[*token].name;
                writeln!(
                    body,
                    "    /// `{text}`, the first one.\n    pub fn {accessor}_token(&self) -> Option<N::Token> {{\n        self.syntax.token(SyntaxKind::{kind})\n    }}\n"
                )
                .unwrap();
            }
            Item::Token(_) => {}
            Item::Child { name, ty, many } => {
                let ty_name = &grammar[*ty].name;
                if *many {
                    writeln!(body, "    pub fn {name}(&self) -> AstChildren<N, {ty_name}<N>> {{\n        children(&self.syntax)\n    }}\n")
                        .unwrap();
                    continue;
                }
                let access = if exprs < 2 || !is_expr(item) {
                    "child(&self.syntax)".to_string()
                } else if list.iter().any(|item| matches!(item, Item::Token(_))) {
                    let bound = |token: Option<&Item>| match token {
                        Some(Item::Token(t)) => format!("Some(SyntaxKind::{})", token_kind(&grammar[*t].name).0),
                        _ => "None".into(),
                    };
                    let before = list[..i].iter().rev().find(|item| matches!(item, Item::Token(_)));
                    let after = list[i..].iter().find(|item| matches!(item, Item::Token(_)));
                    format!("between(&self.syntax, {}, {})", bound(before), bound(after))
                } else {
                    format!("nth(&self.syntax, {})", list[..i].iter().filter(|item| is_expr(item)).count())
                };
                writeln!(body, "    pub fn {name}(&self) -> Option<{ty_name}<N>> {{\n        {access}\n    }}\n").unwrap();
            }
        }
    }
    if !body.is_empty() {
        writeln!(out, "\nimpl<N: TreeNode> {name}<N> {{\n{}\n}}", body.trim_end()).unwrap();
    }
}

fn rustfmt(text: &str) -> String {
    use std::io::Write;
    let mut child = std::process::Command::new("rustfmt")
        .args(["--edition", "2024", "--config", "max_width=140,use_small_heuristics=Max"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("this test needs rustfmt: `rustup component add rustfmt`");
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "rustfmt refused the generated text");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn generated_ast_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let grammar: Grammar = std::fs::read_to_string(root.join("nix.ungram")).unwrap().parse().unwrap();
    let expected = rustfmt(&generate(&grammar));
    let path = root.join("src/ast/generated.rs");
    if std::env::var_os("UPDATE_AST").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let actual = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(actual == expected, "src/ast/generated.rs is not what nix.ungram gives; run this test with UPDATE_AST=1");
}
