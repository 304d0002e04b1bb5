/**
 * The command line {@code oo}: a short-lived process that speaks HTTP with one node and shares nothing with the
 * daemon but its jars. It starts no thread, initialises no logging and loads no class it does not need. Nobody may
 * use this package.
 */
package com.onebackend.registry.node.cli;
