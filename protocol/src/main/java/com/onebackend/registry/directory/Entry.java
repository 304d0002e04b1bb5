package com.onebackend.registry.directory;

import com.onebackend.registry.model.Instance;

/** One instance in the read model, with the slot for its rendered form. */
public record Entry(Instance instance, Rendered rendered) {
    /** A fresh entry, not rendered yet. */
    public Entry(final Instance instance) {
        this(instance, new Rendered());
    }
}
