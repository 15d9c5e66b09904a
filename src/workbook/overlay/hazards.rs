//! What does not go back: code, and what fetches or carries other people's data.
//!
//! Macros, `ActiveX` controls, embedded objects, connections, ribbons and signatures (which an
//! overlay would break) are dropped with whatever refers to them, because Excel repairs what
//! refers to nothing. Links to other workbooks are left to `links`.

use std::io::{Read, Seek};

use super::OverlayError;
use super::parts::{Package, Rel};
use super::sheet::{Sheet, removal};
use super::xml::{Edits, Outline};

const PLAIN: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";
const MACROS: &str = "application/vnd.ms-office.vbaProject";

/// The parts that are to go once nothing refers to them.
pub(super) struct Hazards {
    parts: Vec<String>,
    had_connections: bool,
}

impl Hazards {
    /// Takes away what the package and the workbook part refer to.
    pub(super) fn detach<R: Read + Seek>(
        package: &mut Package<R>,
        workbook: &str,
    ) -> Result<Self, OverlayError> {
        let mut hazards = Self {
            parts: Vec::new(),
            had_connections: false,
        };
        hazards.take(package, "", |kind| {
            matches!(kind, "extensibility" | "origin")
        })?;
        let rels = package.rels(workbook)?;
        hazards.had_connections = rels.iter().any(|rel| rel.kind == "connections");
        if hazards.had_connections {
            refuse_dependents(package, &rels)?;
        }
        hazards.take(package, workbook, |kind| {
            matches!(kind, "vbaProject" | "attachedToolbars" | "connections")
        })?;
        Ok(hazards)
    }

    /// Takes away what a sheet refers to, and the elements that do so.
    pub(super) fn detach_from_sheet<R: Read + Seek>(
        &mut self,
        package: &mut Package<R>,
        sheet: &mut Sheet,
    ) -> Result<(), OverlayError> {
        let connections = self.had_connections;
        let ids = self.take(package, &sheet.part, |kind| {
            matches!(kind, "control" | "oleObject" | "package")
                || connections && kind == "queryTable"
        })?;
        if !ids.is_empty() {
            let outline = sheet.outline()?;
            let elements = outline
                .all()
                .filter(|&element| matches!(outline.name(element), "control" | "oleObject"))
                .filter(|&element| {
                    outline
                        .relationship(element)
                        .is_some_and(|id| ids.iter().any(|gone| *gone == id))
                })
                .collect();
            let edits = removal(&outline, &elements, |name| {
                matches!(
                    name,
                    "controls" | "oleObjects" | "AlternateContent" | "Choice" | "Fallback"
                )
            });
            sheet.text = edits.apply(&sheet.text);
        }
        if connections {
            let tables = package
                .rels(&sheet.part)?
                .into_iter()
                .filter(|rel| rel.kind == "table");
            for table in tables.filter_map(|rel| rel.target) {
                self.detach_table(package, &table)?;
            }
        }
        Ok(())
    }

    /// Makes a table that was filled by a query a plain one.
    fn detach_table<R: Read + Seek>(
        &mut self,
        package: &mut Package<R>,
        table: &str,
    ) -> Result<(), OverlayError> {
        if self
            .take(package, table, |kind| kind == "queryTable")?
            .is_empty()
        {
            return Ok(());
        }
        let text = package.text(table)?;
        let outline = Outline::parse(table, &text)?;
        let mut edits = Edits::default();
        edits.unset(&outline, 0, "tableType");
        edits.unset(&outline, 0, "connectionId");
        for column in outline
            .all()
            .filter(|&column| outline.name(column) == "tableColumn")
        {
            edits.unset(&outline, column, "queryTableFieldId");
        }
        let changed = edits.apply(&text);
        package.put_if_changed(table, &text, changed);
        Ok(())
    }

    /// Drops the parts that nothing refers to any more, and says which. The workbook's type
    /// becomes that of a plain one: Excel does not open an `.xlsx` that says otherwise.
    pub(super) fn drop_parts<R: Read + Seek>(
        self,
        package: &mut Package<R>,
        workbook: &str,
    ) -> Result<Vec<String>, OverlayError> {
        let dropped = package.drop_unreferenced(self.parts)?;
        package.drop_default_type("bin", MACROS)?;
        if package.content_type(workbook)?.as_deref() != Some(PLAIN) {
            package.set_content_type(workbook, PLAIN)?;
        }
        Ok(dropped)
    }

    /// Takes the relationships of some kinds away from a part, and says their ids.
    fn take<R: Read + Seek>(
        &mut self,
        package: &mut Package<R>,
        part: &str,
        is_hazard: impl Fn(&str) -> bool,
    ) -> Result<Vec<String>, OverlayError> {
        let rels: Vec<Rel> = package
            .rels(part)?
            .into_iter()
            .filter(|rel| is_hazard(&rel.kind))
            .collect();
        let ids: Vec<&str> = rels.iter().map(|rel| rel.id.as_str()).collect();
        package.drop_rels(part, &ids)?;
        self.parts
            .extend(rels.iter().filter_map(|rel| rel.target.clone()));
        Ok(rels.into_iter().map(|rel| rel.id).collect())
    }
}

/// A data model or a pivot table on outside data would be damaged without its connection.
fn refuse_dependents<R: Read + Seek>(
    package: &mut Package<R>,
    rels: &[Rel],
) -> Result<(), OverlayError> {
    for rel in rels {
        let depends = match (rel.kind.as_str(), &rel.target) {
            ("powerPivotData", _) => true,
            ("pivotCacheDefinition", Some(part)) if package.has(part) => {
                let text = package.text(part)?;
                let outline = Outline::parse(part, &text)?;
                let source = outline.child(0, "cacheSource");
                source
                    .and_then(|source| outline.attribute(source, "type"))
                    .is_some_and(|kind| kind == "external")
            }
            _ => false,
        };
        if depends {
            return Err(OverlayError::cannot(
                "its pivot tables draw on data outside of the workbook",
            ));
        }
    }
    Ok(())
}
