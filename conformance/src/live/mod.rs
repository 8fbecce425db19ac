//! `cargo conformance live`: the packages with the transports they ship, over real HTTP.
//!
//! Each transport gets a provider of its own to talk to, every module's issuer and every row's of [`crate::wire`],
//! so that its log tells of nobody else. A driver goes there and says where it came to an end; judging is done here.

mod case;
mod driver;
mod matrix;
mod rust;
mod stage;
#[cfg(test)]
mod tests;

use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use serde_json::Value;

use self::case::Case;
use self::driver::{Driver, TRANSPORTS, Transport};
use self::matrix::Cell;
pub use self::matrix::Matrix;
use self::stage::Scene;
use crate::modules;
use crate::wire;
use crate::workbench::{Context, tls::Certificates};

/// What to run.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only modules and rows whose name contains this.
    pub only: Option<String>,
    /// Only the transport of this name.
    pub transport: Option<String>,
}

/// Sets up what it takes and goes everywhere with every transport. Errs when nothing is selected.
pub fn run(context: &mut Context, selection: &Selection) -> Result<Matrix, String> {
    let cases = selection.cases()?;
    let transports = selection.transports()?;
    let certificates = Certificates::issue().map_err(|error| error.to_string())?;
    let drivers: Vec<_> = transports
        .into_iter()
        .map(|transport| (transport, driver::set_up(context, transport, &certificates)))
        .collect();

    let started = Instant::now();
    let columns = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for (transport, driver) in drivers {
            let (cases, certificates, columns) = (&cases, &certificates, &columns);
            scope.spawn(move || {
                let column = driver.and_then(|driver| column(transport, driver, cases, certificates));
                columns.lock().expect("no column panics").push((transport.name, column));
            });
        }
    });
    let columns = columns.into_inner().map_err(|error| error.to_string())?;
    Ok(Matrix::new(cases, columns, started.elapsed()))
}

/// One transport's way through all of it. Errs with the reason why it cannot be gone.
fn column(
    transport: &Transport,
    driver: Driver,
    cases: &[Case],
    certificates: &Certificates,
) -> Result<Vec<Cell>, String> {
    let scene = Scene::set(certificates).map_err(|error| error.to_string())?;
    let plan: Vec<Value> = cases.iter().map(|case| case.plan(&scene)).collect();
    let ends = driver.go(plan)?;
    let cell = |case: &Case| match ends.get(case.name()) {
        None => Cell::Failed("the driver did not come to it".into()),
        Some(end) => case.judge(end, transport.name, &scene),
    };
    Ok(cases.iter().map(cell).collect())
}

impl Selection {
    /// The modules and rows whose names contain the pattern.
    fn cases(&self) -> Result<Vec<Case>, String> {
        let all = modules::all().map(Case::Module).chain(wire::rows().into_iter().map(Case::Wire));
        let wanted = |case: &Case| self.only.as_ref().is_none_or(|only| case.name().contains(only.as_str()));
        let cases: Vec<Case> = all.filter(wanted).collect();
        if cases.is_empty() { Err("no module or row has such a name".into()) } else { Ok(cases) }
    }

    fn transports(&self) -> Result<Vec<&'static Transport>, String> {
        let wanted =
            |transport: &&Transport| self.transport.as_ref().is_none_or(|name| name == transport.name);
        let transports: Vec<&Transport> = TRANSPORTS.iter().filter(wanted).collect();
        if !transports.is_empty() {
            return Ok(transports);
        }
        let names: Vec<&str> = TRANSPORTS.iter().map(|transport| transport.name).collect();
        Err(format!("no such transport; there are {}", names.join(", ")))
    }
}
