//! Names in the syntax tree: where they stand, what they say, and what an output column is called.

use crate::error::{Code, Error, Result};
use crate::sql::check_name;
use crate::table::Catalog;
use crate::types::{CatalogName, TEMPORARY, TableSchema, catalog_name};
use sqlparser::ast::{self, Expr, Ident, ObjectName, ObjectNamePart, SelectItem};

/// The position of a name, one-based in characters.
pub fn position(ident: &Ident) -> u32 {
    ident.span.start.column as u32
}

/// The parts of a name with dots.
pub fn parts(name: &ObjectName) -> Result<Vec<&Ident>> {
    fn part(part: &ObjectNamePart) -> Result<&Ident> {
        match part {
            ObjectNamePart::Identifier(ident) => Ok(ident),
            ObjectNamePart::Function(_) => Err(Error::unsupported("a function as a name")),
        }
    }
    name.0.iter().map(part).collect()
}

/// What the catalog knows a table or index by that a name, perhaps with a schema, means, and its position.
pub fn relation(name: &ObjectName) -> Result<(CatalogName, u32)> {
    let (schema, name, position) = in_schema(name)?;
    Ok((catalog_name(schema, name), position))
}

/// The schema that a name says, if not `public`; the name in it, and the position.
pub fn in_schema(name: &ObjectName) -> Result<(Option<&str>, &str, u32)> {
    let parts = parts(name)?;
    if let Some(first) = parts.first() {
        check_name(first)?;
    }
    match parts.as_slice() {
        [name] => Ok((None, &name.value, position(name))),
        [schema, name] => {
            let other = Some(schema.value.as_str()).filter(|schema| *schema != "public");
            Ok((other, &name.value, position(schema)))
        }
        [first, ..] => Err(Error::unsupported("a name of so many parts").at(position(first))),
        [] => Err(Error::new(Code::Syntax, "a name is empty")),
    }
}

/// A temporary table of that name that is yet to be made.
pub fn new_temporary(name: &ObjectName) -> Result<(TableSchema, u32)> {
    let is_qualified = name.0.len() > 1;
    let (schema, name, position) = in_schema(name)?;
    if is_qualified && schema != Some(TEMPORARY) {
        let message = "cannot create temporary relation in non-temporary schema";
        return Err(Error::new(Code::InvalidTableDefinition, message).at(position));
    }
    let relation = TableSchema {
        name: name.to_string(),
        schema: Some(TEMPORARY.to_string()),
        ..TableSchema::default()
    };
    Ok((relation, position))
}

/// A relation of that name that is yet to be made.
pub fn new_relation(catalog: &Catalog, name: &ObjectName) -> Result<(TableSchema, u32)> {
    let is_qualified = name.0.len() > 1;
    let (mut schema, name, position) = in_schema(name)?;
    if let Some(path) = catalog.path().filter(|_| !is_qualified) {
        let first = path.iter().find(|schema| catalog.has_schema(schema));
        let Some(first) = first else {
            let message = "no schema has been selected to create in";
            return Err(Error::new(Code::UndefinedSchema, message).at(position));
        };
        schema = Some(first.as_str()).filter(|schema| *schema != "public");
    }
    let schema_name = schema.unwrap_or("public");
    if !catalog.has_schema(schema_name) && schema_name != TEMPORARY {
        let message = format!("schema \"{schema_name}\" does not exist");
        return Err(Error::new(Code::UndefinedSchema, message).at(position));
    }
    let relation = TableSchema {
        name: name.to_string(),
        schema: schema.map(str::to_string),
        ..TableSchema::default()
    };
    Ok((relation, position))
}

/// A name without dots.
pub fn single(name: &ObjectName) -> Result<&Ident> {
    match parts(name)?.as_slice() {
        [name] => check_name(name).map(|()| *name),
        [first, ..] => Err(Error::unsupported("a qualified name here").at(position(first))),
        [] => Err(Error::new(Code::Syntax, "a name is empty")),
    }
}

/// Where an expression begins, as far as the tree knows.
pub fn start(expr: &Expr) -> Option<u32> {
    let ident = match expr {
        Expr::Identifier(ident) => ident,
        Expr::CompoundIdentifier(idents) => idents.first()?,
        Expr::Function(function) => match function.name.0.first()? {
            ObjectNamePart::Identifier(ident) => ident,
            ObjectNamePart::Function(_) => return None,
        },
        Expr::Value(value) => return known(value.span.start.column),
        Expr::TypedString(typed) => return known(typed.value.span.start.column),
        Expr::Case { case_token, .. } => return known(case_token.0.span.start.column),
        Expr::BinaryOp { left: inner, .. }
        | Expr::Nested(inner)
        | Expr::IsNull(inner)
        | Expr::IsNotNull(inner)
        | Expr::IsTrue(inner)
        | Expr::IsFalse(inner)
        | Expr::UnaryOp { expr: inner, .. }
        | Expr::Cast { expr: inner, .. }
        | Expr::InList { expr: inner, .. }
        | Expr::InSubquery { expr: inner, .. }
        | Expr::Between { expr: inner, .. }
        | Expr::Like { expr: inner, .. }
        | Expr::ILike { expr: inner, .. }
        | Expr::Extract { expr: inner, .. }
        | Expr::Substring { expr: inner, .. }
        | Expr::Position { expr: inner, .. }
        | Expr::Trim { expr: inner, .. }
        | Expr::Ceil { expr: inner, .. }
        | Expr::Floor { expr: inner, .. }
        | Expr::CompoundFieldAccess { root: inner, .. } => return start(inner),
        Expr::Tuple(items) => return start(items.first()?),
        _ => return None,
    };
    known(ident.span.start.column)
}

fn known(column: u64) -> Option<u32> {
    u32::try_from(column).ok().filter(|column| *column > 0)
}

/// Adds the position of an expression to an error that has none.
pub fn at<T>(result: Result<T>, expr: &Expr) -> Result<T> {
    result.map_err(|error| match start(expr) {
        Some(position) => error.at(position),
        None => error,
    })
}

/// What an output column is called, by PostgreSQL's rules.
pub fn of_output(expr: &Expr) -> String {
    figure(expr).map_or_else(|| "?column?".to_string(), |(name, _)| name)
}

/// A name and whether it is better than the name of a type around it.
fn figure(expr: &Expr) -> Option<(String, bool)> {
    let strong = |name: &str| Some((name.to_string(), true));
    match expr {
        Expr::Identifier(ident) => strong(&ident.value),
        Expr::CompoundIdentifier(idents) => strong(&idents.last()?.value),
        Expr::Function(function) => match function.name.0.last()? {
            ObjectNamePart::Identifier(ident) => strong(&ident.value),
            ObjectNamePart::Function(_) => None,
        },
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => figure(inner),
        Expr::Cast {
            expr, data_type, ..
        } => match figure(expr) {
            Some((name, true)) => Some((name, true)),
            _ => Some((of_type(data_type), false)),
        },
        Expr::TypedString(typed) => Some((of_type(&typed.data_type), false)),
        Expr::Interval(_) => Some(("interval".to_string(), false)),
        Expr::Case { else_result, .. } => match else_result.as_deref().and_then(figure) {
            Some((name, true)) => Some((name, true)),
            _ => Some(("case".to_string(), false)),
        },
        Expr::Exists { negated: false, .. } => strong("exists"),
        Expr::Subquery(query) => figure_of_query(query),
        Expr::Array(_) => strong("array"),
        Expr::CompoundFieldAccess { root, access_chain } => {
            let part = access_chain.iter().rev().find_map(|access| match access {
                ast::AccessExpr::Dot(Expr::Identifier(ident)) => Some(ident),
                _ => None,
            });
            part.map_or_else(|| figure(root), |ident| strong(&ident.value))
        }
        Expr::Overlay { .. } => strong("overlay"),
        Expr::BinaryOp {
            op: ast::BinaryOperator::Overlaps,
            ..
        } => strong("overlaps"),
        Expr::Extract { .. } => strong("extract"),
        Expr::Substring {
            shorthand: true, ..
        } => strong("substr"),
        Expr::Substring { .. } => strong("substring"),
        Expr::Position { .. } => strong("position"),
        Expr::Ceil { .. } => strong("ceil"),
        Expr::Floor { .. } => strong("floor"),
        Expr::AtTimeZone { .. } => strong("timezone"),
        Expr::Trim { trim_where, .. } => strong(match trim_where {
            Some(ast::TrimWhereField::Leading) => "ltrim",
            Some(ast::TrimWhereField::Trailing) => "rtrim",
            _ => "btrim",
        }),
        _ => None,
    }
}

fn figure_of_query(query: &ast::Query) -> Option<(String, bool)> {
    match query.body.as_ref() {
        ast::SetExpr::Select(select) => match select.projection.first()? {
            SelectItem::ExprWithAlias { alias, .. } => Some((alias.value.clone(), true)),
            SelectItem::UnnamedExpr(expr) => Some((of_output(expr), true)),
            _ => None,
        },
        ast::SetExpr::Query(query) => figure_of_query(query),
        ast::SetExpr::Values(_) => Some(("column1".to_string(), true)),
        _ => None,
    }
}

/// The internal name of a type, which a cast's column is called by.
fn of_type(data_type: &ast::DataType) -> String {
    let rounded = super::data_type::split_precision(data_type);
    let plain = rounded.as_ref().map_or(data_type, |(plain, _)| plain);
    let Ok(data_type) = super::data_type::bind(plain) else {
        let name = super::user_type::written_name(data_type);
        return name.unwrap_or("?column?").to_string();
    };
    crate::plan::system::type_name(data_type.element().unwrap_or(data_type))
}
