//! The system's relations in FROM, and the functions that look something up in them.

use super::binder::Binder;
use super::constraint::columns_read;
use super::expression::Context;
use super::from::{rename, scope_of_output};
use super::indexes::names_of_parts;
use super::key::bind_key;
use super::name;
use super::outer::Level;
use super::registered;
use super::scope::Scope;
use crate::error::{Code, Error, Result};
use crate::expr::{self, BinaryOperator, CastContext, Expr, ExprKind};
use crate::plan::system::{self, Bound, KeyPart, Relation, SERVER_VERSION_NUM};
use crate::plan::{JoinKind, Node, OutputColumn, TimeSlot};
use crate::table::Catalog;
use crate::types::{ComputedKey, DataType, RelationKind, TableSchema, Value};
use sqlparser::ast::{ObjectName, TableAlias};

/// The parts of a computed key as columns.
fn key_parts(table: &TableSchema, key: &ComputedKey) -> Result<Vec<KeyPart>> {
    let names = names_of_parts(key)?.into_iter();
    let parts = names.zip(bind_key(table, key)?.parts);
    let part = |(name, part): (String, Expr)| KeyPart {
        name,
        data_type: part.data_type,
        column: match part.kind {
            ExprKind::Column(at) => Some(at),
            _ => None,
        },
    };
    Ok(parts.map(part).collect())
}

/// A truth value that may be left out.
fn or_false(given: Expr) -> Result<Expr> {
    expr::resolve_coalesce(vec![given, Expr::boolean(false)])
}

impl Binder<'_> {
    /// The system relation that a name means, if any.
    pub fn system_relation(
        &mut self,
        relation: &ObjectName,
        alias: Option<&TableAlias>,
    ) -> Result<Option<(Node, Scope)>> {
        let (schema, ident) = match name::parts(relation)?.as_slice() {
            [name] => (None, *name),
            [schema, name] => (Some(*schema), *name),
            _ => return Ok(None),
        };
        let position = name::position(schema.unwrap_or(ident));
        let schema = schema.map(|schema| schema.value.as_str());
        let Some((full_name, found)) = system::find(schema, &ident.value) else {
            return match schema {
                Some(schema @ ("pg_catalog" | "information_schema")) => {
                    let message = format!("relation \"{schema}.{}\" does not exist", ident.value);
                    Err(Error::new(Code::UndefinedTable, message).at(position))
                }
                _ => Ok(None),
            };
        };
        let time = self.time_of_table(position);
        let (node, output) = match found {
            Relation::Table(columns) => self.system_table(full_name, columns, time)?,
            Relation::View(sql) => {
                let rows = self.rows_of_query(sql, full_name, None, time);
                rows.map_err(|error| error.moved_to(position))?
            }
        };
        let mut scope = scope_of_output(
            alias.map_or(&ident.value, |alias| &alias.name.value),
            output,
        );
        if alias.is_some() {
            scope.tables[0].hidden_name = Some(ident.value.clone());
        }
        Ok(Some((node, rename(scope, alias)?)))
    }

    fn system_table(
        &mut self,
        name: &str,
        columns: &str,
        time: TimeSlot,
    ) -> Result<(Node, Vec<OutputColumn>)> {
        if !self.reads_one_moment(time) {
            return Err(Error::unsupported(
                "a range of moments of a system relation",
            ));
        }
        let catalog = self.catalog_at(time)?;
        let named = catalog.with_names();
        let bound = self.bound_texts(name, catalog, time);
        Ok(system::table(
            named.as_ref().unwrap_or(catalog),
            name,
            columns,
            &bound,
        ))
    }

    /// What a system relation says of what the catalog holds as texts. A text that cannot be bound, since a function of the
    /// host is not there, says nothing.
    fn bound_texts(&mut self, name: &str, catalog: &Catalog, time: TimeSlot) -> Bound {
        let mut known = Bound::default();
        match name {
            "pg_view_writing" | "information_schema.columns" => {
                let views = catalog
                    .tables()
                    .filter(|table| table.kind() == RelationKind::View);
                for view in views {
                    let columns = self.written_columns(view, time);
                    known
                        .written
                        .extend(columns.map(|columns| (view.id, columns)));
                }
            }
            "pg_attribute" | "pg_index" => {
                for table in catalog.tables() {
                    let computed = table.indexes.iter().filter_map(|index| {
                        let key = index.computed.as_ref()?;
                        Some((index.id, key_parts(table, key).ok()?))
                    });
                    known.keys.extend(computed);
                }
            }
            "pg_constraint" | "pg_key_column" => {
                let tables = catalog
                    .tables()
                    .filter(|table| table.kind() == RelationKind::Table);
                for table in tables {
                    for check in self.checks_of_table(table).unwrap_or_default() {
                        let read = columns_read(&check.condition);
                        known.conditions.push((table.id, check.name, read));
                    }
                }
            }
            _ => {}
        }
        known
    }

    /// A function that says something of the catalog, if the name is that of one.
    pub fn system_function(
        &mut self,
        name: &str,
        arguments: &[Expr],
        context: &mut Context,
    ) -> Result<Option<Expr>> {
        let constant = |text: &str| Expr::constant(Value::text(text), DataType::Text);
        let [first, second] = [0, 1].map(|at| arguments.get(at).cloned());
        let first = first.unwrap_or_else(Expr::null);
        let second = second.unwrap_or_else(Expr::null);
        let zero = || Expr::constant(Value::I64(0), DataType::Integer);
        Ok(Some(match (name, arguments.len()) {
            ("current_schema", 0) => self
                .schemas()
                .first()
                .map_or(Expr::null(), |schema| constant(schema)),
            ("current_schemas", 1) => {
                let implicit = matches!(first.as_constant(), Some(Value::Bool(true)));
                let own = implicit.then(|| "pg_catalog".to_string());
                let all = own.into_iter().chain(self.schemas());
                let all = all.map(|schema| Value::text(&schema)).collect();
                Expr::constant(Value::Array(all), DataType::TEXTS)
            }
            ("current_database" | "current_catalog", 0)
            | ("current_user" | "session_user" | "user" | "current_role", 0)
            | ("pg_get_userbyid", 1) => constant("postgres"),
            // Of what there is nothing here.
            (
                "pg_get_triggerdef"
                | "pg_get_statisticsobjdef_columns"
                | "pg_get_function_result"
                | "pg_get_function_arguments"
                | "pg_get_functiondef"
                | "pg_tablespace_location"
                | "shobj_description"
                | "pg_get_partkeydef",
                1..=3,
            ) => Expr::constant(Value::Null, DataType::Text),
            ("pg_encoding_to_char", 1) => constant("UTF8"),
            // Held since the statement began, and to the end of its transaction.
            ("pg_advisory_xact_lock", 1 | 2) => constant(""),
            ("pg_relation_is_publishable", 1) => Expr::boolean(true),
            ("pg_get_expr", 2 | 3) => {
                let is_pretty = arguments.get(2).map(|pretty| pretty.as_constant());
                let text = expr::coerce_to(first, DataType::Text, CastContext::Explicit)?;
                match is_pretty {
                    None | Some(Some(Value::Bool(false))) => text,
                    // The first parenthesis of a text belongs to the last.
                    Some(Some(Value::Bool(true))) => {
                        let [all, inner] = [r"^\((.*)\)$", r"\1"].map(constant);
                        expr::resolve_function("regexp_replace", vec![text, all, inner])?
                    }
                    Some(_) => {
                        return Err(Error::unsupported(
                            "pg_get_expr of a flag that is no constant",
                        ));
                    }
                }
            }
            ("pg_table_is_visible", 1) => {
                let namespace =
                    self.look_up("pg_class", &[("oid", first)], "relnamespace", context)?;
                self.is_on_path(namespace, context)?
            }
            ("pg_type_is_visible", 1) => {
                let namespace =
                    self.look_up("pg_type", &[("oid", first)], "typnamespace", context)?;
                self.is_on_path(namespace, context)?
            }
            (
                "pg_function_is_visible"
                | "pg_operator_is_visible"
                | "pg_collation_is_visible"
                | "pg_conversion_is_visible"
                | "pg_opclass_is_visible"
                | "pg_statistics_obj_is_visible",
                1,
            ) => expr::resolve_is_null(first, true)?,
            (
                "has_schema_privilege"
                | "has_table_privilege"
                | "has_database_privilege"
                | "has_sequence_privilege"
                | "has_column_privilege",
                2..=4,
            ) => Expr::boolean(true),
            ("pg_get_constraintdef", 1 | 2) => {
                let keys = [("oid", first), ("is_pretty", or_false(second)?)];
                self.look_up("pg_constraint_text", &keys, "text", context)?
            }
            ("pg_get_indexdef", 1) => {
                let keys = [
                    ("oid", first),
                    ("part", zero()),
                    ("is_pretty", Expr::boolean(false)),
                ];
                self.look_up("pg_index_text", &keys, "text", context)?
            }
            ("pg_get_indexdef", 3) => {
                let third = arguments[2].clone();
                let keys = [("oid", first), ("part", second), ("is_pretty", third)];
                self.look_up("pg_index_text", &keys, "text", context)?
            }
            ("pg_get_ruledef", 1 | 2) => {
                self.look_up("pg_view_query", &[("oid", first)], "rule", context)?
            }
            ("current_setting", 1 | 2) => match first.as_constant() {
                Some(Value::Text(name)) if **name == *"server_version_num" => {
                    constant(SERVER_VERSION_NUM)
                }
                _ => return Ok(None),
            },
            ("pg_get_viewdef", 1 | 2) => {
                let is_named = !first.data_type.is_integer();
                let first = match is_named.then(|| registered::named("regclass")).flatten() {
                    Some(registered) => self.registered_cast(first, registered, context)?,
                    None => first,
                };
                self.look_up("pg_view_query", &[("oid", first)], "definition", context)?
            }
            ("format_type", 2) => {
                let none = Expr::constant(Value::I64(-1), DataType::Integer);
                let keys = [
                    ("oid", first),
                    ("typmod", expr::resolve_coalesce(vec![second, none])?),
                ];
                self.look_up("pg_type_format", &keys, "format", context)?
            }
            ("obj_description", 1 | 2) => {
                let keys = [("objoid", first), ("objsubid", zero())];
                self.look_up("pg_description", &keys, "description", context)?
            }
            ("col_description", 2) => {
                let keys = [("objoid", first), ("objsubid", second)];
                self.look_up("pg_description", &keys, "description", context)?
            }
            ("to_regclass", 1) => {
                self.look_up("pg_regclass", &[("name", first)], "shown", context)?
            }
            _ => return Ok(None),
        }))
    }

    /// The schemas in which names without one are looked for.
    fn schemas(&self) -> Vec<String> {
        let catalog = self.catalog();
        let public = ["public".to_string()];
        let path = catalog.path().unwrap_or(&public);
        path.iter()
            .filter(|schema| catalog.has_schema(schema))
            .cloned()
            .collect()
    }

    /// Whether names are looked for in the schema of this number.
    fn is_on_path(&mut self, namespace: Expr, context: &mut Context) -> Result<Expr> {
        let name = self.look_up("pg_namespace", &[("oid", namespace)], "nspname", context)?;
        let own = ["pg_catalog".to_string()].into_iter();
        let all = own.chain(self.schemas());
        let all = all.map(|schema| Expr::constant(Value::text(&schema), DataType::Text));
        expr::resolve_in_list(name, all.collect(), false)
    }

    /// The value in the row of a system table that has the keys; NULL if there is none.
    pub fn look_up(
        &mut self,
        relation: &'static str,
        keys: &[(&str, Expr)],
        value: &str,
        context: &mut Context,
    ) -> Result<Expr> {
        let Some((name, Relation::Table(columns))) = system::find(None, relation) else {
            return Err(Error::new(Code::Internal, "no such system table"));
        };
        // No table stands there, so that it is read when those without a clause are.
        let time = self.time_of_table(0);
        let (rows, output) = self.system_table(name, columns, time)?;
        let column = |name: &str| {
            let at = output.iter().position(|column| column.name == name);
            let at = at.ok_or_else(|| Error::new(Code::Internal, "no such system column"))?;
            Ok(Expr::column(at, output[at].data_type))
        };
        let is_of_row = |expr: &Expr| matches!(expr.kind, ExprKind::Column(_) | ExprKind::Outer(_));
        let depends = keys
            .iter()
            .any(|(_, key)| key.any(&mut |expr| is_of_row(expr)));
        self.outer.all.push(Level::around(context));
        let at = self.outer.all.len() - 1;
        let condition = |(name, key): &(&str, Expr)| {
            let (column, key): (Expr, Expr) = (column(name)?, key.clone());
            let key = match key.data_type {
                DataType::Unknown => expr::coerce_to(key, column.data_type, CastContext::Explicit)?,
                _ => key,
            };
            let key = if depends {
                self.outer.slot(at, key)
            } else {
                key
            };
            expr::resolve_operator(BinaryOperator::Equal, column, key)
        };
        let conditions: Result<Vec<Expr>> = keys.iter().map(condition).collect();
        let level = self.outer.all.pop().expect("it was pushed");
        context.calls = level.calls;
        let value: Expr = column(value)?;
        let data_type = value.data_type;
        let node = Node::Project {
            input: Box::new(Node::Filter {
                input: Box::new(rows),
                predicate: expr::resolve_and(conditions?)?,
            }),
            expressions: vec![value],
        };
        if depends {
            let place = self.depend(JoinKind::Single, node, level.used, None);
            let dependent = self.dependents.last_mut().expect("it was noted");
            dependent.depth = context.depth();
            return Ok(Expr::column(place, data_type));
        }
        self.subplans.push(node);
        let subplan = self.subplans.len() - 1;
        Ok(Expr::new(ExprKind::ScalarSubplan(subplan), data_type))
    }
}
