/**
 * Histories of what clients saw of registers, and the question whether one register that does one thing at a time could
 * have answered so. For tests; knows nothing of nodes.
 */
package com.onebackend.registry.node.history;
