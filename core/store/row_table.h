// Which text stands at which row, in which order, and how to go back and forth: the state of a document without its bytes.
// One thread at a time.
#pragma once

#include "core/api/dataset_document.h"
#include "core/store/row_texts.h"

#include <deque>

namespace attune::store {

/// A row that stands at `position` before it is taken out, or after it is put in.
struct PlacedRow {
  uint32_t position = 0;
  api::RowId id = 0;
};

/// One undoable change: new texts for rows, or rows taken out and put in.
struct EditStep {
  struct Text {
    api::RowId id = 0;
    TextRef before = 0;
    TextRef after = 0;
  };
  std::vector<Text> texts;
  std::vector<PlacedRow> taken; // by position
  std::vector<PlacedRow> put;   // by position
  std::string field;            // typed into
  uint64_t state = 0;           // what the document is once it is done
  uint64_t base = 0;            // what the journal counted from when it was done

  bool changesOrder() const { return !taken.empty() || !put.empty(); }
};

/// Where a row that is put in comes from: a row taken out in the same step, a copy of a row, or a new text.
struct RowOrigin {
  enum Kind { Taken, Copy, New } kind = New;
  uint32_t index = 0; // among the taken; position of the row copied
};

class RowTable {
public:
  static constexpr size_t kMaxUndo = 1000;

  explicit RowTable(uint32_t rows);

  const api::RowOrder &order() const { return m_order; }
  size_t ids() const { return m_refs.size(); }
  TextRef ref(api::RowId id) const { return m_refs[id]; }
  /// Nothing for rows that do not stand in the document now.
  std::optional<uint32_t> position(api::RowId id) const;
  /// Positions of several rows, sorted, each once; nothing when one of them does not stand in the document.
  std::optional<std::vector<uint32_t>> positions(const std::vector<api::RowId> &ids) const;

  /// New texts for the rows at `positions`. Nothing when the positions are not those of rows.
  std::optional<EditStep> textStep(const std::vector<uint32_t> &positions, const std::vector<TextRef> &texts) const;
  /// Takes rows out, then puts `origins` at `put`; both positions ascend. Nothing when they do not fit.
  std::optional<EditStep> orderStep(const std::vector<uint32_t> &taken, const std::vector<uint32_t> &put,
                                    const std::vector<RowOrigin> &origins, const std::vector<TextRef> &texts);

  /// Does the step and makes it the one to undo; `joined` melts it with one before it that typed into the same field.
  void commit(EditStep step, bool joined);
  /// Does the step outside the history, which ends with it: what an undo beyond the last save did.
  void applyOutside(const EditStep &step);
  const EditStep *toUndo() const { return m_undo.empty() ? nullptr : &m_undo.back(); }
  const EditStep *toRedo() const { return m_redo.empty() ? nullptr : &m_redo.back(); }
  void undo();
  void redo();
  size_t undoSteps() const { return m_undo.size(); }
  size_t redoSteps() const { return m_redo.size(); }

  /// What the document is now: another one after each step, the same one again after undo and redo.
  uint64_t state() const { return m_undo.empty() ? m_bottomState : m_undo.back().state; }
  bool changed() const { return state() != m_savedState; }
  uint64_t base() const { return m_base; }
  /// No step done so far can be named in the journal any more.
  void startBase() { ++m_base; }
  /// The file now holds this state.
  void markSaved(uint64_t state) { m_savedState = state; }

private:
  void apply(const EditStep &step, bool forward);

  std::vector<TextRef> m_refs; // by id
  api::RowOrder m_order;
  std::deque<EditStep> m_undo;
  std::vector<EditStep> m_redo;
  uint64_t m_states = 0; // handed out
  uint64_t m_bottomState = 0;
  uint64_t m_savedState = 0;
  uint64_t m_base = 0;
};

/// The step that does the opposite.
EditStep reversed(const EditStep &step);

} // namespace attune::store
