// What the records of an edit journal say, apart from their texts. Pure functions, any thread; what was read is untrusted.
#pragma once

#include "core/base/file_stamp.h"
#include "core/store/row_table.h"

namespace attune::store {

/// New texts for the rows at some positions; `field` is what was typed into and `joined` whether it may melt with the last.
Json setRecord(const std::vector<uint32_t> &positions, const std::string &field, bool joined);
Json orderRecord(const std::vector<uint32_t> &taken, const std::vector<uint32_t> &put, const std::vector<RowOrigin> &origins);
/// A save was asked for: edits from here on name no step before it.
inline Json markRecord() { return {{"mark", true}}; }
/// The file that looks like this lacks the edits from `asOf` on, the place of a mark, or those from here on; `content` is
/// contentSum's, where it is known.
Json baseRecord(const FileStamp &stamp, size_t rows, std::optional<uint64_t> content, std::optional<uint64_t> asOf);
/// A file holds all edits before `asOf`.
inline Json savedRecord(uint64_t asOf) { return {{"saved", asOf}}; }
inline Json undoRecord() { return {{"undo", true}}; }
inline Json redoRecord() { return {{"redo", true}}; }

bool isBase(const Json &record);
/// Where the edits begin that the file of a base or a saved record lacks; never behind the record itself, which is at `begin`.
uint64_t asOf(const Json &record, uint64_t begin);
/// Whether it speaks of this file: by its time, or by its content when only the time is another.
bool matchesBase(const Json &record, const FileStamp &stamp, size_t rows, std::optional<uint64_t> content);

/// The step that a set or an order record asks for; nothing when it does not fit the table.
std::optional<EditStep> readStep(const Json &record, const std::vector<TextRef> &texts, RowTable &table);

} // namespace attune::store
