use std::os::unix::fs::PermissionsExt;

use store::{Store, StoreError};

use crate::backend::{execute, on_both};
use crate::bench::Bench;

#[tokio::test]
async fn a_store_is_opened_again_with_what_it_holds() {
    on_both(async |backend| {
        let bench = Bench::new(backend).await;
        bench.sync("trump", &["p1/1 1 a"]).await.unwrap();
        bench.store.close().await;
        let again = Store::open(&bench.url).await.unwrap();
        assert_eq!(again.summary().await.unwrap().sources["trump"].records, 1);
    })
    .await;
}

#[tokio::test]
async fn a_store_that_a_newer_program_wrote_needs_a_person() {
    on_both(async |backend| {
        let (store, url) = backend.store().await;
        store.close().await;
        let newer = "INSERT INTO _musubi_migrations (version, description, success, checksum, execution_time)
                     SELECT 9999, 'later', success, checksum, execution_time FROM _musubi_migrations";
        execute(&url, newer).await;
        let refused = Store::open(&url).await;
        assert!(matches!(&refused, Err(StoreError::NeedsPerson { why }) if why.contains("9999")), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn a_database_file_is_readable_by_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("musubi.db");
    let store = Store::open(&format!("sqlite://{}", path.display()))
        .await
        .unwrap();
    store.fact("any").await.unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
    }
}

#[tokio::test]
async fn an_error_on_opening_never_repeats_the_password() {
    let folder = tempfile::tempdir().unwrap();
    let missing = format!("sqlite:{}/no/such/folder.db", folder.path().display());
    let urls = [
        "postgres://musubi:hunter2@127.0.0.1:1/musubi?connect_timeout=1&sslmode=hunter2",
        "postgres://musubi:hunter2@[::1/musubi",
        "mysql://musubi:hunter2@127.0.0.1/musubi",
        &missing,
    ];
    for url in urls {
        let refused = Store::open(url).await.unwrap_err();
        assert!(
            matches!(refused, StoreError::NeedsPerson { .. }),
            "{refused:?}"
        );
        assert!(
            !format!("{refused} {refused:?}").contains("hunter2"),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_needs_a_person() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text.db");
    std::fs::write(
        &path,
        "this is no database, however long it may be".repeat(99),
    )
    .unwrap();
    let refused = Store::open(&format!("sqlite:{}", path.display())).await;
    assert!(
        matches!(refused, Err(StoreError::NeedsPerson { .. })),
        "{refused:?}"
    );
}
