package com.onebackend.registry.model;

/** The three parts of an instance. The order is part of the storage key: append only. */
public enum PartKind {
    REGISTRATION,
    HEALTH,
    INTENT
}
