//! A text as Nix's parser sees it: what `nix-instantiate --parse` prints.
//!
//! Nested paths are merged, operators that are functions are calls, strings are concatenations of their parts, paths are
//! absolute, and names are in the order of the alphabet. A [`Module`](crate::Module) has lost too much for this, so
//! that it is printed from the tree, with the merging of bindings that lowering does.

use nival_syntax::ast::{self, AstNode, BinaryOpKind, LiteralValue, PathBase, StrPart};
use nival_syntax::flat::{FlatTree, Node};
use nival_syntax::{SyntaxKind, literal};

use super::bindings::{SetBuilder, Value, source_expr};
use super::expr::{RED_ZONE, STRETCH, operands, operator};
use super::function::has_ellipsis;
use super::{Lowerer, only_child, unparen};
use crate::lexical::is_recursive;

/// What the paths of a text are relative to.
#[derive(Debug, Clone, Copy)]
pub struct ParsedOptions<'a> {
    /// The folder of the file, absolute and without `.` and `..`.
    pub folder: &'a [u8],
    /// The folder that `~` stands for.
    pub home: &'a [u8],
}

/// Prints a text that has no errors; without a line end. What is missing in one that has is left out.
pub fn print_parsed(tree: &FlatTree, options: ParsedOptions<'_>) -> Vec<u8> {
    let mut printer = Printer { lowerer: Lowerer::new(tree), options, out: Vec::with_capacity(tree.text().len()) };
    printer.child(tree.root());
    printer.out
}

struct Printer<'t, 'a> {
    /// For its names and its merging of bindings; it lowers nothing.
    lowerer: Lowerer<'t, false>,
    options: ParsedOptions<'a>,
    out: Vec<u8>,
}

impl<'t> Printer<'t, '_> {
    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn child(&mut self, node: Node<'t>) {
        if let Some(child) = only_child(node) {
            self.expr(child);
        }
    }

    /// Prints the parts of a template in turn: text between its holes, then the node that belongs there.
    fn template<const N: usize>(&mut self, node: Node<'t>, texts: [&str; N], end: &str) {
        let nodes = operands::<N>(node).unwrap_or([None; N]);
        for (text, node) in texts.into_iter().zip(nodes) {
            self.text(text);
            if let Some(node) = node {
                self.expr(node);
            }
        }
        self.text(end);
    }

    fn expr(&mut self, node: Node<'t>) {
        stacker::maybe_grow(RED_ZONE, STRETCH, || self.inner_expr(unparen(node)));
    }

    fn inner_expr(&mut self, node: Node<'t>) {
        match node.kind() {
            SyntaxKind::NAME_REF => literal::name(&mut self.out, node.text()),
            SyntaxKind::CUR_POS => self.text("__curPos"),
            SyntaxKind::LITERAL => self.literal(node),
            SyntaxKind::STR => {
                let parts = ast::Str::cast(node).map(|string| string.parts()).unwrap_or_default();
                match parts.as_slice() {
                    [] => self.text("\"\""),
                    [StrPart::Text(text)] => literal::string(&mut self.out, text),
                    parts => self.concatenation(parts),
                }
            }
            SyntaxKind::INDENTED_STR => {
                let parts = ast::IndentedStr::cast(node).map(|string| string.pieces_as_parsed()).unwrap_or_default();
                match parts.as_slice() {
                    [] => self.text("\"\""),
                    [StrPart::Text(text)] => literal::string(&mut self.out, text),
                    // `''${"a"}''` is "a", but `''${a}''` stays a concatenation.
                    [StrPart::Interpolation(part)] if part.expr().is_some_and(|expr| expr.constant_string().is_some()) => {
                        self.child(*part.syntax())
                    }
                    parts => self.concatenation(parts),
                }
            }
            SyntaxKind::PATH => self.path(node),
            SyntaxKind::LIST => {
                self.text("[ ");
                for item in node.children() {
                    self.text("(");
                    self.expr(item);
                    self.text(") ");
                }
                self.text("]");
            }
            SyntaxKind::ATTR_SET => self.set(node, is_recursive(node)),
            SyntaxKind::LEGACY_LET => {
                self.text("(");
                self.set(node, true);
                self.text(").body");
            }
            SyntaxKind::LET_IN => {
                self.text("(let ");
                let mut builder = self.lowerer.new_builder();
                self.lowerer.collect(node, &mut builder);
                self.bindings(&mut builder);
                self.lowerer.free_builder(builder);
                self.text("in ");
                if let Some(body) = node.children().filter(|child| ast::Expr::<Node<'t>>::can_cast(child.kind())).last() {
                    self.expr(body);
                }
                self.text(")");
            }
            SyntaxKind::LAMBDA => self.lambda(node),
            SyntaxKind::SELECT => self.select(node),
            SyntaxKind::HAS_ATTR => {
                self.text("((");
                if let Some(base) = node.children().next() {
                    self.expr(base);
                }
                self.text(") ? ");
                self.attr_path(node);
                self.text(")");
            }
            SyntaxKind::IF_THEN_ELSE => self.template(node, ["(if ", " then ", " else "], ")"),
            SyntaxKind::WITH => self.template(node, ["(with ", "; "], ")"),
            SyntaxKind::ASSERT => self.template(node, ["assert ", "; "], ""),
            SyntaxKind::APPLY | SyntaxKind::SEARCH_PATH_EXPR => self.call(node),
            SyntaxKind::UNARY_OP if node.text().first() == Some(&b'-') => self.call(node),
            SyntaxKind::UNARY_OP => {
                self.text("(! ");
                self.child(node);
                self.text(")");
            }
            SyntaxKind::BINARY_OP => self.binary(node),
            _ => {}
        }
    }

    fn literal(&mut self, node: Node<'t>) {
        match ast::Literal::cast(node).and_then(|literal| literal.value()) {
            Some(LiteralValue::Int(value)) => self.text(&value.to_string()),
            Some(LiteralValue::Float(value)) => self.text(&literal::float(value)),
            Some(LiteralValue::Uri(text)) => literal::string(&mut self.out, &text),
            None => {}
        }
    }

    fn concatenation(&mut self, parts: &[StrPart<Node<'t>>]) {
        self.text("(");
        self.joined(parts.iter().cloned());
        self.text(")");
    }

    fn joined(&mut self, parts: impl Iterator<Item = StrPart<Node<'t>>>) {
        for (index, part) in parts.enumerate() {
            if index > 0 {
                self.text(" + ");
            }
            match part {
                StrPart::Text(text) => literal::string(&mut self.out, &text),
                StrPart::Interpolation(part) => self.child(*part.syntax()),
            }
        }
    }

    fn path(&mut self, node: Node<'t>) {
        let Some(path) = ast::Path::cast(node) else { return };
        let parts = path.parts();
        let Some((StrPart::Text(first), rest)) = parts.split_first() else { return };
        let first = match path.base() {
            PathBase::Home => [self.options.home, first.strip_prefix(b"~").unwrap_or(first)].concat(),
            base => {
                let whole = if base == PathBase::Absolute { first.clone() } else { [self.options.folder, b"/", first].concat() };
                let mut clean = super::strings::canonical(whole.strip_suffix(b"/").unwrap_or(&whole));
                if first.len() > 1 && first.ends_with(b"/") {
                    clean.push(b'/');
                }
                clean
            }
        };
        if rest.is_empty() {
            self.out.extend(first);
            return;
        }
        self.text("(");
        self.out.extend(first);
        self.text(" + ");
        self.joined(rest.iter().flat_map(|part| match part {
            // Nix's scanner ends a part of a path between two slashes.
            StrPart::Text(text) => text.chunk_by(|a, b| (*a, *b) != (b'/', b'/')).map(|text| StrPart::Text(text.to_vec())).collect(),
            StrPart::Interpolation(_) => vec![part.clone()],
        }));
        self.text(")");
    }

    fn set(&mut self, node: Node<'t>, recursive: bool) {
        let mut builder = self.lowerer.new_builder();
        builder.recursive = recursive;
        self.lowerer.collect(node, &mut builder);
        self.built_set(&mut builder);
        self.lowerer.free_builder(builder);
    }

    fn built_set(&mut self, builder: &mut SetBuilder<'t>) {
        self.text(if builder.recursive { "rec { " } else { "{ " });
        self.bindings(builder);
        self.text("}");
    }

    /// First what is inherited, then what is bound, each in the order of the alphabet; dynamic names last, as in the text.
    fn bindings(&mut self, builder: &mut SetBuilder<'t>) {
        let mut defs = std::mem::take(&mut builder.defs);
        defs.sort_by_cached_key(|def| self.lowerer.name(def.local).as_bytes());
        if defs.iter().any(|def| matches!(def.value, Value::Inherited)) {
            self.text("inherit");
            for def in defs.iter().filter(|def| matches!(def.value, Value::Inherited)) {
                self.text(" ");
                literal::name(&mut self.out, self.lowerer.name(def.local).as_bytes());
            }
            self.text("; ");
        }
        let mut inherited: Vec<(u32, super::names::Local)> = defs
            .iter()
            .filter_map(|def| match def.value {
                Value::From(source) => Some((source, def.local)),
                _ => None,
            })
            .collect();
        inherited.sort_by_key(|(source, _)| *source);
        for group in inherited.chunk_by(|a, b| a.0 == b.0) {
            self.text("inherit (");
            let source = group.first().and_then(|(source, _)| builder.sources.get(*source as usize));
            if let Some(source) = source.and_then(|source| source_expr(*source)) {
                self.expr(source);
            }
            self.text(")");
            for (_, local) in group {
                self.text(" ");
                literal::name(&mut self.out, self.lowerer.name(*local).as_bytes());
            }
            self.text("; ");
        }
        for def in &mut defs {
            if matches!(def.value, Value::Expr(_) | Value::Set(_)) {
                literal::name(&mut self.out, self.lowerer.name(def.local).as_bytes());
                self.text(" = ");
                self.value(&mut def.value);
            }
        }
        for entry in &mut builder.dynamics {
            self.dynamic_name(entry.name);
            self.text(" = ");
            self.value(&mut entry.value);
        }
        builder.defs = defs;
    }

    fn value(&mut self, value: &mut Value<'t>) {
        match value {
            Value::Expr(Some(node)) => self.expr(*node),
            Value::Set(builder) => stacker::maybe_grow(RED_ZONE, STRETCH, || self.built_set(builder)),
            Value::Expr(None) | Value::Inherited | Value::From(_) => {}
        }
        self.text("; ");
    }

    fn dynamic_name(&mut self, name: Node<'t>) {
        self.text("\"${");
        match name.kind() {
            SyntaxKind::DYNAMIC_ATTR => self.child(name),
            _ => self.expr(name),
        }
        self.text("}\"");
    }

    fn attr_path(&mut self, node: Node<'t>) {
        let Some(path) = node.children().find(|child| child.kind() == SyntaxKind::ATTRPATH) else { return };
        for (index, name) in path.children().enumerate() {
            if index > 0 {
                self.text(".");
            }
            match self.lowerer.static_name(name) {
                Some(local) => literal::name(&mut self.out, self.lowerer.name(local).as_bytes()),
                None => self.dynamic_name(name),
            }
        }
    }

    fn select(&mut self, node: Node<'t>) {
        self.text("(");
        if let Some(base) = node.children().next() {
            self.expr(base);
        }
        self.text(").");
        self.attr_path(node);
        if let Some(default) = node.children().skip_while(|child| child.kind() != SyntaxKind::ATTRPATH).nth(1) {
            self.text(" or (");
            self.expr(default);
            self.text(")");
        }
    }

    fn lambda(&mut self, node: Node<'t>) {
        self.text("(");
        if let Some(param) = node.children().next() {
            match param.kind() {
                SyntaxKind::PATTERN_PARAM => self.pattern(param),
                _ => literal::name(&mut self.out, param.text()),
            }
        }
        self.text(": ");
        if let Some(body) = node.children().nth(1) {
            self.expr(body);
        }
        self.text(")");
    }

    fn pattern(&mut self, param: Node<'t>) {
        self.text("{ ");
        let mut formals: Vec<(&[u8], Option<Node<'t>>)> = Vec::new();
        let mut bind = None;
        for child in param.children() {
            let mut parts = child.children();
            match (child.kind(), parts.next()) {
                (SyntaxKind::AT_BINDING, name) => bind = bind.or(name),
                (SyntaxKind::FORMAL, Some(name)) => formals.push((name.text(), parts.next())),
                _ => {}
            }
        }
        formals.sort_by_key(|(name, _)| *name);
        let ellipsis = has_ellipsis(param);
        for (index, (name, default)) in formals.iter().enumerate() {
            if index > 0 {
                self.text(", ");
            }
            literal::name(&mut self.out, name);
            if let Some(default) = default {
                self.text(" ? ");
                self.expr(*default);
            }
        }
        self.text(match (ellipsis, formals.is_empty()) {
            (true, true) => "...",
            (true, false) => ", ...",
            (false, _) => "",
        });
        self.text(" }");
        if let Some(name) = bind {
            self.text(" @ ");
            literal::name(&mut self.out, name.text());
        }
    }

    fn call(&mut self, node: Node<'t>) {
        self.text("(");
        self.call_without_parens(node);
        self.text(")");
    }

    /// The function of a call. One that is a call itself takes the further argument, also where it is an operator.
    fn called(&mut self, function: Option<Node<'t>>) {
        let Some(function) = function.map(unparen) else { return };
        stacker::maybe_grow(RED_ZONE, STRETCH, || if is_call(function) { self.call_without_parens(function) } else { self.expr(function) });
    }

    fn call_without_parens(&mut self, node: Node<'t>) {
        let [first, second] = operands(node).unwrap_or([None; 2]);
        match node.kind() {
            SyntaxKind::APPLY => {
                // `f or` is a call of its own.
                match (second.is_some_and(|argument| argument.kind() == SyntaxKind::NAME_REF && argument.text() == b"or"), first) {
                    (true, Some(function)) => self.expr(function),
                    _ => self.called(first),
                }
                self.argument(second);
            }
            SyntaxKind::SEARCH_PATH_EXPR => {
                self.text("__findFile __nixPath ");
                let path = ast::SearchPath::cast(node).map(|path| path.path()).unwrap_or_default();
                literal::string(&mut self.out, &path);
            }
            SyntaxKind::UNARY_OP => {
                self.text("__sub 0");
                self.argument(only_child(node));
            }
            _ => match binary_op(node) {
                Some(BinaryOpKind::PipeInto) => {
                    self.called(second);
                    self.argument(first);
                }
                Some(BinaryOpKind::PipeFrom) => {
                    self.called(first);
                    self.argument(second);
                }
                Some(op) => {
                    let (function, swapped) = function_of(op).unwrap_or_default();
                    self.text(function);
                    let (first, second) = if swapped { (second, first) } else { (first, second) };
                    self.argument(first);
                    self.argument(second);
                }
                None => {}
            },
        }
    }

    fn argument(&mut self, node: Option<Node<'t>>) {
        if let Some(node) = node {
            self.text(" ");
            self.expr(node);
        }
    }

    fn binary(&mut self, node: Node<'t>) {
        if is_call(node) {
            return self.call(node);
        }
        let infix = match binary_op(node) {
            Some(BinaryOpKind::LessEqual) => return self.negated_less(node, true),
            Some(BinaryOpKind::GreaterEqual) => return self.negated_less(node, false),
            Some(BinaryOpKind::Concat) => " ++ ",
            Some(BinaryOpKind::Add) => " + ",
            Some(BinaryOpKind::Update) => " // ",
            Some(BinaryOpKind::Equal) => " == ",
            Some(BinaryOpKind::NotEqual) => " != ",
            Some(BinaryOpKind::And) => " && ",
            Some(BinaryOpKind::Or) => " || ",
            _ => " -> ",
        };
        self.template(node, ["(", infix], ")");
    }

    /// `a <= b` is `!(b < a)`, `a >= b` is `!(a < b)`.
    fn negated_less(&mut self, node: Node<'t>, swapped: bool) {
        let [first, second] = operands(node).unwrap_or([None; 2]);
        self.text("(! (__lessThan");
        let (first, second) = if swapped { (second, first) } else { (first, second) };
        self.argument(first);
        self.argument(second);
        self.text("))");
    }
}

fn binary_op(node: Node<'_>) -> Option<BinaryOpKind> {
    BinaryOpKind::from_token(operator(node)?.kind())
}

/// The function that an operator calls, and whether it is given the right operand first.
fn function_of(op: BinaryOpKind) -> Option<(&'static str, bool)> {
    Some(match op {
        BinaryOpKind::Sub => ("__sub", false),
        BinaryOpKind::Mul => ("__mul", false),
        BinaryOpKind::Div => ("__div", false),
        BinaryOpKind::Less => ("__lessThan", false),
        BinaryOpKind::Greater => ("__lessThan", true),
        _ => return None,
    })
}

/// Whether Nix's parser makes a call of it.
fn is_call(node: Node<'_>) -> bool {
    match node.kind() {
        SyntaxKind::APPLY | SyntaxKind::SEARCH_PATH_EXPR => true,
        SyntaxKind::UNARY_OP => node.text().first() == Some(&b'-'),
        SyntaxKind::BINARY_OP => {
            binary_op(node).is_some_and(|op| matches!(op, BinaryOpKind::PipeInto | BinaryOpKind::PipeFrom) || function_of(op).is_some())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use nival_syntax::flat;
    use proptest::prelude::*;

    use super::*;

    fn print(text: &str) -> String {
        let options = ParsedOptions { folder: b"/dir", home: b"/home/me" };
        String::from_utf8(print_parsed(&flat::parse(text.as_bytes()), options)).unwrap()
    }

    fn check(texts: &[&str], expected: Expect) {
        let printed: Vec<String> = texts.iter().map(|text| print(text)).collect();
        expected.assert_eq(&printed.join("\n"));
    }

    #[test]
    fn sets_are_merged_and_sorted() {
        check(
            &[
                r#"{ b = 1; a.b.c = 2; a = rec { d = 3; }; inherit z y; inherit (q) "x y" or; inherit (q); inherit; }"#,
                r#"rec { a.${"b"}.${c}.d = 1; "${e}" = 2; ${''${"f"}''} = 3; "" = 4; "if" = 5; }"#,
                r#"let x = 1; inherit (y) z; inherit q; in { a = { inherit (x) p; }; a = { inherit (y) q r; }; }"#,
                "let { body = 1; }",
            ],
            expect![[r#"
                { inherit y z; inherit (q) or "x y"; a = { b = { c = 2; }; d = 3; }; b = 1; }
                rec { "" = 4; a = { b = { "${c}" = { d = 1; }; }; }; f = 3; "if" = 5; "${(e)}" = 2; }
                (let inherit q; inherit (y) z; x = 1; in { a = { inherit (x) p; inherit (y) q r; }; })
                (rec { body = 1; }).body"#]],
        );
    }

    #[test]
    fn operators_and_calls() {
        check(
            &[
                "[(-x) (- 1.5 - 2) (a * b / c) (a < b) (a <= b) (a > b) (a >= b)]",
                "[((-x) 1) ((x - 1) 2) ((f a) b c) (x |> f a) (f a <| x) (<n/x> { }) ((x < 1) 2) ((x <= 1) 2)]",
                "a ++ b // c == d && !e != f || g -> h + i",
                "[(f or) (f or x) (f x or y) ((f x) or)]",
                r#"[a.b.${"c"}."d e".${f} (a.b or c d) (a ? b.${c}) a.or]"#,
                "assert a; with b; if c then d else e",
            ],
            expect![[r#"
                [ ((__sub 0 x)) ((__sub (__sub 0 1.5) 2)) ((__div (__mul a b) c)) ((__lessThan a b)) ((! (__lessThan b a))) ((__lessThan b a)) ((! (__lessThan a b))) ]
                [ ((__sub 0 x 1)) ((__sub x 1 2)) ((f a b c)) ((f a x)) ((f a x)) ((__findFile __nixPath "n/x" { })) ((__lessThan x 1 2)) (((! (__lessThan 1 x)) 2)) ]
                ((((((a ++ b) // c) == d) && ((! e) != f)) || g) -> (h + i))
                [ ((f or)) ((f or x)) ((f (x or) y)) (((f x) or)) ]
                [ ((a).b.c."d e"."${f}") (((a).b or (c) d)) (((a) ? b."${c}")) ((a).or) ]
                assert a; (with b; (if c then d else e))"#]],
        );
    }

    #[test]
    fn functions() {
        check(
            &["{ }: 1", "{ b, a ? c, ... } @ d: d", "d@{ ... }: x: y: x", "{ f = { x }: x; }"],
            expect![[r#"
                ({  }: 1)
                ({ a ? c, b, ... } @ d: d)
                ({ ... } @ d: (x: (y: x)))
                { f = ({ x }: x); }"#]],
        );
    }

    #[test]
    fn literals() {
        check(
            &[
                r#"["a${"b"}c${1}" "${"x"}" "\${a}\n$${a}" http://a.b ''${"a"}'' ''${a}'' '''']"#,
                "''\n  a''$b\n    '''c''\\n ${d}\n  ''",
                r#"[1 1.0 0.1 1.5e300 123456789.0 9223372036854775807]"#,
                r#"[./a ./. ../x a/b /a/../b ~/c ~/c/../d ./a/${"x"}/b /${x} ./${x}//b ~/${x} <x>]"#,
                "__curPos",
            ],
            expect![[r#"
                [ (("a" + "b" + "c" + 1)) (("x")) ("\${a}\n$\${a}") ("http://a.b") ("a") ((a)) ("") ]
                ("a" + "$" + "b\n  " + "''" + "c" + "\n" + d + "\n")
                [ (1) (1) (0.1) (1.5e+300) (1.23457e+08) (9223372036854775807) ]
                [ (/dir/a) (/dir) (/x) (/dir/a/b) (/b) (/home/me/c) (/home/me/c/../d) ((/dir/a/ + "x" + "/b")) ((/ + x)) ((/dir/ + x + "/" + "/b")) ((/home/me/ + x)) ((__findFile __nixPath "x")) ]
                __curPos"#]],
        );
    }

    proptest! {
        #[test]
        fn any_text_is_printed(text in r#"([a-c{}=;:.?@"$+<>()\[\]-]|rec |let |in |inherit |''|\$\{|or ){0,40}"#) {
            print(&text);
        }
    }
}
