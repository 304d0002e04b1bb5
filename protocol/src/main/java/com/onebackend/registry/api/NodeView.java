package com.onebackend.registry.api;

import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.model.NodeReport;

/**
 * A node as this node sees it: its catalog record with its last report.
 *
 * @param report null when none has arrived yet
 * @param state what membership believes of it
 * @param drain null while it is in service
 */
public record NodeView(NodeRecord record, NodeReport report, MemberState state, NodeDrain drain) {}
