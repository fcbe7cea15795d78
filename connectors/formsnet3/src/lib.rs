//! FormsNet3-style exports: a folder of per-form files, or the long form.
