use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(
    index(
        name = "wide1",
        partition(kind),
        project(only(
            a01, a02, a03, a04, a05, a06, a07, a08, a09, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19,
            a20
        ))
    ),
    index(
        name = "wide2",
        partition(kind),
        project(only(
            a01, a02, a03, a04, a05, a06, a07, a08, a09, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19,
            a20
        ))
    ),
    index(
        name = "wide3",
        partition(kind),
        project(only(
            a01, a02, a03, a04, a05, a06, a07, a08, a09, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19,
            a20
        ))
    ),
    index(
        name = "wide4",
        partition(kind),
        project(only(
            a01, a02, a03, a04, a05, a06, a07, a08, a09, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19,
            a20
        ))
    ),
    index(
        name = "wide5",
        partition(kind),
        project(only(
            a01, a02, a03, a04, a05, a06, a07, a08, a09, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19,
            a20
        ))
    ),
    index(name = "wide6", partition(kind), project(only(a01)))
)]
struct Wide {
    #[ddb(partition)]
    id: String,
    kind: String,
    a01: u8,
    a02: u8,
    a03: u8,
    a04: u8,
    a05: u8,
    a06: u8,
    a07: u8,
    a08: u8,
    a09: u8,
    a10: u8,
    a11: u8,
    a12: u8,
    a13: u8,
    a14: u8,
    a15: u8,
    a16: u8,
    a17: u8,
    a18: u8,
    a19: u8,
    a20: u8,
}

fn main() {}
