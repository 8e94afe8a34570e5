/** Results, inspections, compressions and studies as HTML files that need no other file. */
@NullMarked
package io.rankfall.study.report;

import org.jspecify.annotations.NullMarked;
