// What a run asks of a cluster, as a card of the Train page: partition, cards, cores, time or, in their place, what few need. Every
// problem is marked at its field and worded below. Shows and edits a TargetDraft; hidden while the run stays here. GUI thread.
#pragma once

#include "ui/models/target_draft.h"

#include <QFrame>
#include <QHash>

class QComboBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace attune::ui {

class TargetForm : public QFrame {
  Q_OBJECT

public:
  explicit TargetForm(TargetDraft &draft, QWidget *parent = nullptr);
  /// By its member's name: "partition", "minutes".
  QWidget *field(const QString &key) const { return m_fields.value(key); }
  QLabel *problemLabel() const { return m_problem; }
  QPushButton *moreButton() const { return m_more; }
  QPushButton *scriptButton() const { return m_script; }

Q_SIGNALS:
  /// Somebody wants to see what is sent.
  void scriptWanted();

private:
  template <typename Editor> Editor *add(QGridLayout *grid, int row, int column, const char *key, Editor *editor);
  QSpinBox *makeCount(int least, int most);
  void name(const char *key, const QString &label, const QString &hint);
  void retranslate();
  void take();
  void refresh();
  void offer(QComboBox *box, const QStringList &choices, const std::string &text);

  TargetDraft &m_draft;
  QHash<QString, QWidget *> m_fields;
  QHash<QString, QLabel *> m_labels;
  QWidget *m_usual, *m_rare; // one of them is in sight
  QPushButton *m_more, *m_script;
  QLabel *m_title, *m_notice, *m_problem;
  QComboBox *m_partition, *m_gres, *m_mode;
  QSpinBox *m_nodes, *m_cards, *m_cores, *m_memory, *m_cardMemory;
  QLineEdit *m_minutes, *m_account, *m_qos, *m_model, *m_extra;
  bool m_filling = false;
};

} // namespace attune::ui
