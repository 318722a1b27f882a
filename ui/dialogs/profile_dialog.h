// A cluster's profile as a form: how it is reached, what lies where on it, what the Train page begins with. Every problem stands below
// its field. Ends with saved(); nothing is connected. GUI thread.
#pragma once

#include "core/api/cluster_profile.h"

#include <QDialog>
#include <QHash>

class QCheckBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QPushButton;

namespace attune::ui {

class ProfileDialog : public QDialog {
  Q_OBJECT

public:
  /// `taken` are the names of other profiles. An empty name = a new one.
  ProfileDialog(const api::ClusterProfile &profile, const QStringList &taken, QWidget *parent = nullptr);
  /// By its member's name in clusters.json: "host", "jump_hosts".
  QLineEdit *field(const QString &key) const { return m_fields.value(key).edit; }
  QLabel *problem(const QString &key) const { return m_fields.value(key).problem; }

Q_SIGNALS:
  void saved(const attune::api::ClusterProfile &profile);

private:
  struct Field {
    QLabel *label = nullptr;
    QLineEdit *edit = nullptr;
    QLabel *problem = nullptr;
  };
  void addSection(QGridLayout *grid, QLabel *&title);
  void addField(QGridLayout *grid, const char *key, const std::string &text, QWidget *beside = nullptr);
  void retranslate();
  void name(const char *key, const QString &label, const QString &hint);
  api::ClusterProfile profile() const;
  void check();
  void save();

  const api::ClusterProfile m_before;
  const QStringList m_taken;
  QHash<QString, Field> m_fields;
  QLabel *m_reach, *m_there, *m_form;
  QCheckBox *m_agent;
  QPushButton *m_addKey, *m_cancel, *m_save;
  bool m_tried = false; // problems are shown from the first try on
};

} // namespace attune::ui
