//! A gate at which a call waits, so that something can happen meanwhile.

use std::sync::Arc;
use tokio::sync::watch;

/// A gate; closed until it is opened, and then for ever open.
#[derive(Clone)]
pub struct Gate {
    reached: Arc<watch::Sender<bool>>,
    open: Arc<watch::Sender<bool>>,
}

impl Gate {
    pub fn closed() -> Self {
        Self { reached: Arc::new(watch::Sender::new(false)), open: Arc::new(watch::Sender::new(false)) }
    }

    /// Waits until the gate is open.
    pub async fn pass(&self) {
        self.reached.send_replace(true);
        wait(&self.open).await;
    }

    /// Waits until a call is at the gate.
    pub async fn reached(&self) {
        wait(&self.reached).await;
    }

    pub fn open(&self) {
        self.open.send_replace(true);
    }
}

async fn wait(flag: &watch::Sender<bool>) {
    // It fails only if the sender is gone, and this holds it.
    let _ = flag.subscribe().wait_for(|is_set| *is_set).await;
}
