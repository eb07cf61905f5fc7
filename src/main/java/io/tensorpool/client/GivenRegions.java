package io.tensorpool.client;

import java.util.List;

/** Regions that the application knows of, without an announce. */
record GivenRegions(String headerRegionUri, List<String> poolUris) {
    GivenRegions {
        poolUris = List.copyOf(poolUris);
    }
}
