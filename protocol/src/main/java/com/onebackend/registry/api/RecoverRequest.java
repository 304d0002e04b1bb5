package com.onebackend.registry.api;

import java.util.List;

/**
 * The order to go on without a majority.
 *
 * @param lost ids of all voters that will not come back
 * @param acceptDataLoss whoever asks knows that acknowledged writes may be lost
 * @param here go on from this node's catalog also where another node's is newer
 */
public record RecoverRequest(List<String> lost, boolean acceptDataLoss, boolean here) {
    public RecoverRequest {
        lost = List.copyOf(lost);
    }
}
