"""The linkage engine on Apache Spark: Spark moves the records, the kernel does the linkage."""
