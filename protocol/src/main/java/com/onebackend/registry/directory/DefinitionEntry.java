package com.onebackend.registry.directory;

import com.onebackend.registry.model.Definition;

/** One definition in the read model, with the slot for its rendered form. */
public record DefinitionEntry(Definition definition, Rendered rendered) {
    /** A fresh entry, not rendered yet. */
    public DefinitionEntry(final Definition definition) {
        this(definition, new Rendered());
    }
}
