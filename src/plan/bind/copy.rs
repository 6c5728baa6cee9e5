//! COPY: an INSERT of lines that are the statement's parameter, or a query whose rows are lines.

use super::assign::assign_to_column;
use super::binder::Binder;
use super::insert::find_column;
use super::number::numbered;
use super::rules::with_generated;
use crate::error::{Code, Error, Result};
use crate::expr::{self, CastContext, CopyFormat, Expr, SetCall, SetFunction};
use crate::plan::{Insert, Node, OutputColumn, Plan, TimeSlot};
use crate::sql::CopyFrom;
use crate::types::{DataType, RelationKind, Value};
use sqlparser::ast::{ObjectName, Query};

impl<'a> Binder<'a> {
    pub fn bind_copy_from(&mut self, copy: &'a CopyFrom) -> Result<Plan> {
        let (name, position) = self.relation(&copy.table)?;
        let table = self.find_table(name.as_str(), position, TimeSlot::Present)?;
        if table.kind() == RelationKind::View {
            let message = format!("cannot copy to view \"{}\"", table.name);
            return Err(Error::new(Code::WrongObjectType, message).at(position));
        }
        let table = self.target(name.as_str(), position)?;
        let mut targets = Vec::new();
        for ident in &copy.columns {
            let at = find_column(&table, ident)?;
            if targets.contains(&at) || table.columns[at].generated.is_some() {
                let message = format!("column \"{}\" cannot be copied to", ident.value);
                return Err(Error::new(Code::InvalidColumnReference, message).at(position));
            }
            targets.push(at);
        }
        if copy.columns.is_empty() {
            let columns = table.columns.iter().enumerate();
            let given = columns.filter(|(_, column)| column.generated.is_none());
            targets = given.map(|(at, _)| at).collect();
        }
        let lines = self.parameters.get("$1")?;
        let lines = expr::coerce_to(lines, DataType::Text, CastContext::Implicit)?;
        let call = SetCall {
            function: SetFunction::Copied,
            arguments: vec![lines, spec(&copy.format)],
            types: vec![DataType::Text; targets.len()],
        };
        let mut expressions = self.defaults(&table)?;
        for (from, at) in targets.iter().enumerate() {
            let column = &table.columns[*at];
            let mut value = Expr::column(from, DataType::Text);
            if !column.data_type.is_text() {
                let target = column.data_type.base();
                value = expr::coerce_to(value, target, CastContext::Explicit)?;
            }
            expressions[*at] = assign_to_column(value, column)?;
        }
        let one_row = Node::Values {
            rows: vec![Vec::new()],
            types: Vec::new(),
        };
        let mut source = Node::Project {
            input: Box::new(Node::FunctionScan {
                input: Box::new(one_row),
                calls: vec![call],
                ordinality: false,
            }),
            expressions,
        };
        if let Some(at) = numbered(&table).filter(|at| !targets.contains(at)) {
            source = self.number(source, &table, at)?;
        }
        let rules = self.rules(&table)?;
        Ok(Plan::Insert(Insert {
            source: with_generated(source, &table, &rules),
            table,
            rules,
            conflict: None,
            subplans: std::mem::take(&mut self.subplans),
            returning: None,
        }))
    }

    pub fn bind_copy_to(
        &mut self,
        query: &'a Query,
        table: Option<&ObjectName>,
        format: &CopyFormat,
    ) -> Result<(Plan, Vec<OutputColumn>)> {
        let (plan, output) = self.bind_query_statement(query)?;
        let Plan::Query(mut plan) = plan else {
            return Err(Error::unsupported("COPY of this statement"));
        };
        let mut columns: Vec<(usize, &OutputColumn)> = output.iter().enumerate().collect();
        if let Some(table) = table {
            let (name, position) = self.relation(table)?;
            let table = self.find_table(&name, position, TimeSlot::Present)?;
            if table.kind() == RelationKind::View {
                let message = format!("cannot copy from view \"{}\"", table.name);
                let error = Error::new(Code::WrongObjectType, message).at(position);
                return Err(error.with_hint("Try the COPY (SELECT ...) TO variant."));
            }
            // The target would compute them again.
            columns.retain(|(at, _)| {
                let column = table.columns.get(*at);
                column.is_none_or(|column| column.generated.is_none())
            });
        }
        let values = columns
            .iter()
            .map(|(at, column)| Expr::column(*at, column.data_type));
        let line = expr::copy_line(spec(format), values.collect())?;
        let lines = Node::Project {
            input: Box::new(plan.root),
            expressions: vec![line],
        };
        plan.root = match format.header {
            false => lines,
            true => {
                let name = |(_, column): &(usize, &OutputColumn)| {
                    Expr::constant(Value::text(&column.name), DataType::Text)
                };
                let names = columns.iter().map(name).collect();
                let header = Node::Values {
                    rows: vec![vec![expr::copy_line(spec(format), names)?]],
                    types: vec![DataType::Text],
                };
                Node::Append {
                    inputs: vec![header, lines],
                }
            }
        };
        let copied = OutputColumn {
            name: "copy".to_string(),
            data_type: DataType::Text,
        };
        Ok((Plan::Query(plan), vec![copied]))
    }
}

fn spec(format: &CopyFormat) -> Expr {
    Expr::constant(Value::text(&format.spec()), DataType::Text)
}
