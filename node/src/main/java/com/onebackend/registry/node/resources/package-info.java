/**
 * How full this machine is: processor, memory, disk and GPUs, sampled at an interval on a thread of its own. Knows
 * {@code model} only; used by the composition root.
 */
package com.onebackend.registry.node.resources;
