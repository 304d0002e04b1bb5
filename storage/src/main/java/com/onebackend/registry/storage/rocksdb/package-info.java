/**
 * The store on RocksDB: the only package that imports {@code org.rocksdb}. {@link
 * com.onebackend.registry.storage.rocksdb.RocksRegistryStore} is the way in; everything native goes through one guarded
 * handle.
 */
package com.onebackend.registry.storage.rocksdb;
