//! What people see of the program: every test here runs it as they do.

mod kit;

// The board and the first page, as staff read them.
mod board;
// What the checks say of single sheets, drawn as people see them.
mod checks;
// The clean tables that go up.
mod clean;
// Months that are closed, reopened and corrected.
mod closing;
// Hundreds of broken files of every format at once.
mod corpus;
// The figures for programs.
mod data;
// What staff decide, read against what they were shown.
mod decisions;
// What districts answer and staff decide.
mod dialogue;
// Files that nobody should send, and what becomes of the others.
mod hostile;
// What districts really send, in all its dresses.
mod intake;
// What the language of rules can say, over records, districts and the city.
mod language;
// The lists beside the forms, as csv and as workbooks.
mod lists;
// Rules, folders and arguments that are wrong.
mod mistakes;
// What the pages about rules show, tried as it stands there.
mod pages;
// Earlier figures that may still change, and where that is said.
mod provisional;
// What is published: the same bytes, whole or not at all.
mod published;
// What is sent again, and which one counts.
mod resubmission;
// That a report is the workbook that was sent, whatever program wrote it.
mod returned;
// What staff see of their rules: explained, listed for people, tried on the past.
mod rulebook;
// The sample submissions of the repository.
mod samples;
// Which districts a city figure is over.
mod sets;
// The shapes of what machines read.
mod schemas;
// When forms are due, who is reminded, and the board on a terminal.
mod status;
// The staff's workbook, read back and added up.
mod summary;
// What is handed out to be filled in.
mod template;
