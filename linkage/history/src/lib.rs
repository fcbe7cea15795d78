//! A cluster's records to one de-duplicated history with outcomes and conflicts.
