//! Maps entries of a template back to source locations in Rust.

use crate::place::Place;
use crate::stack::Stack;
use crate::table::Table;
use crate::table::scaling::dimensions;

impl Stack {
    /// Returns the source location of an entry of the stack's template: a table (or the index of it that `index` names), its
    /// auto scaling, a raw resource, an output, a parameter, a mapping or a condition. For any other section, such as
    /// `Description`, returns the location of the stack; `None` if the section has no entry `logical_id`.
    ///
    /// ```
    /// use tablewright::{Index, Place, Scalar, Stack, Table};
    ///
    /// let mut stack = Stack::new("orders");
    /// let line_of_index = Place::caller().line + 1;
    /// let by_day = Index::new("by-day").partition("day", Scalar::S);
    /// stack.table(Table::define("Order").partition("id", Scalar::S).gsi(by_day));
    ///
    /// assert_eq!(stack.place_of("Resources", "Order", None), Some(&stack.tables[0].at));
    /// assert_eq!(stack.place_of("Resources", "Order", Some("by-day")).unwrap().line, line_of_index);
    /// assert_eq!(stack.place_of("Resources", "Order", Some("by-month")), Some(&stack.tables[0].at));
    /// assert_eq!(stack.place_of("Description", "", None), Some(&stack.at));
    /// assert_eq!(stack.place_of("Outputs", "Total", None), None);
    /// ```
    #[must_use]
    pub fn place_of(&self, section: &str, logical_id: &str, index: Option<&str>) -> Option<&Place> {
        match section {
            "Resources" => self.place_of_resource(logical_id, index),
            "Outputs" => {
                self.outputs.iter().find(|output| output.name == logical_id).map(|output| &output.at)
            }
            "Parameters" => self.parameters.iter().find(|it| it.name == logical_id).map(|it| &it.at),
            "Mappings" => self.mappings.iter().find(|it| it.name == logical_id).map(|it| &it.at),
            "Conditions" => self.conditions.iter().find(|it| it.name == logical_id).map(|it| &it.at),
            _ => Some(&self.at),
        }
    }

    /// Calls a function with every source location that [`place_of`](Self::place_of) can return.
    ///
    /// ```
    /// use tablewright::Stack;
    ///
    /// let mut stack = Stack::new("orders");
    /// stack.for_each_place(|place| place.file.insert_str(0, "infra/"));
    /// assert!(stack.at.file.starts_with("infra/"));
    /// ```
    pub fn for_each_place(&mut self, mut visit: impl FnMut(&mut Place)) {
        visit(&mut self.at);
        self.parameters.iter_mut().for_each(|it| visit(&mut it.at));
        self.mappings.iter_mut().for_each(|it| visit(&mut it.at));
        self.conditions.iter_mut().for_each(|it| visit(&mut it.at));
        self.resources.iter_mut().for_each(|it| visit(&mut it.at));
        self.published.iter_mut().for_each(|it| visit(&mut it.at));
        self.outputs.iter_mut().for_each(|it| visit(&mut it.at));
        for table in &mut self.tables {
            visit(&mut table.at);
            table.indexes.iter_mut().for_each(|it| visit(&mut it.at));
        }
    }

    fn place_of_resource(&self, logical_id: &str, index: Option<&str>) -> Option<&Place> {
        let of_tables = self.tables.iter().find_map(|table| {
            if table.id == logical_id {
                return Some(index.and_then(|name| place_of_index(table, name)).unwrap_or(&table.at));
            }
            let scaling = dimensions(table);
            let dimension = scaling.iter().find(|it| it.id == logical_id || it.policy_id() == logical_id)?;
            Some(dimension.index.map_or(&table.at, |index| &index.at))
        });
        let of_raw = || self.resources.iter().find(|it| it.id == logical_id).map(|it| &it.at);
        let of_published = || self.published.iter().find(|it| it.logical_id() == logical_id).map(|it| &it.at);
        of_tables.or_else(of_raw).or_else(of_published)
    }
}

fn place_of_index<'a>(table: &'a Table, name: &str) -> Option<&'a Place> {
    table.indexes.iter().find(|index| index.name == name).map(|index| &index.at)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{Billing, Capacity, Index, Scalar, Stack, Table, Test};

    #[test]
    fn every_kind_of_entry_is_found() {
        let mut stack = Stack::new("orders");
        let index = Index::new("by-day").partition("day", Scalar::S);
        let table = stack.table(
            Table::define("Order")
                .partition("id", Scalar::S)
                .billing(Billing::provisioned(Capacity::auto(5..=50), 5))
                .gsi(index),
        );
        stack.raw_resource("Topic", json!({ "Type": "AWS::SNS::Topic" }));
        stack.publish_ssm("/orders/table", table.name());
        stack.output("OrderTable", table.name());
        stack.condition("IsProd", Test::equals("a", "b"));

        let at = |section: &str, id: &str, index: Option<&str>| {
            stack.place_of(section, id, index).map(|place| place.line)
        };
        let (of_table, of_index) = (stack.tables[0].at.line, stack.tables[0].indexes[0].at.line);
        assert_ne!(of_table, of_index);
        let cases = [
            ("Resources", "Order", None, Some(of_table)),
            ("Resources", "Order", Some("by-day"), Some(of_index)),
            ("Resources", "OrderReadScaling", None, Some(of_table)),
            ("Resources", "OrderReadScalingPolicy", None, Some(of_table)),
            ("Resources", "OrderByDayReadScaling", None, Some(of_index)),
            ("Resources", "Topic", None, Some(stack.resources[0].at.line)),
            ("Resources", "PublishedOrdersTable", None, Some(stack.published[0].at.line)),
            ("Outputs", "OrderTable", None, Some(stack.outputs[0].at.line)),
            ("Conditions", "IsProd", None, Some(stack.conditions[0].at.line)),
            ("Tags", "", None, Some(stack.at.line)),
            ("Resources", "Ordr", None, None),
            ("Parameters", "Order", None, None),
            ("Mappings", "Order", None, None),
        ];
        for (section, id, index, line) in cases {
            assert_eq!(at(section, id, index), line, "{section} {id} {index:?}");
        }

        stack.for_each_place(|place| place.line += 1_000);
        for (section, id, index, line) in cases {
            let place = stack.place_of(section, id, index).map(|place| place.line);
            assert_eq!(place, line.map(|line| line + 1_000), "{section} {id} {index:?}");
        }
    }
}
