//! What threads share: behind a mutex, or, where there are no threads to speak of, in a cell.

pub(crate) use shared::{Lock, Sendable};

#[cfg(feature = "std")]
mod shared {
    use std::sync::{Mutex, PoisonError};

    /// Something that is used by one at a time.
    pub(crate) struct Lock<T>(Mutex<T>);

    /// A future that may be carried on by another thread.
    pub(crate) trait Sendable: Future + Send {}

    impl<F: Future + Send> Sendable for F {}

    impl<T> Lock<T> {
        pub(crate) const fn new(value: T) -> Lock<T> {
            Lock(Mutex::new(value))
        }

        pub(crate) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
            work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
        }

        pub(crate) fn get_mut(&mut self) -> &mut T {
            self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
        }
    }
}

#[cfg(not(feature = "std"))]
mod shared {
    use core::cell::RefCell;

    /// Something that is used by one at a time: nothing that is given to `with` comes back to the same lock.
    pub(crate) struct Lock<T>(RefCell<T>);

    /// A future.
    pub(crate) trait Sendable: Future {}

    impl<F: Future> Sendable for F {}

    impl<T> Lock<T> {
        pub(crate) const fn new(value: T) -> Lock<T> {
            Lock(RefCell::new(value))
        }

        pub(crate) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
            work(&mut self.0.borrow_mut())
        }

        pub(crate) fn get_mut(&mut self) -> &mut T {
            self.0.get_mut()
        }
    }
}
