/** The rig that measures this implementation beside others: processes, experiments, report. */
@NullMarked
package io.tensorpool.bench;

import org.jspecify.annotations.NullMarked;
