// One of several texts, chosen above it, line by line and to be copied. Whoever derives says which texts there are. GUI thread.
#pragma once

#include <QDialog>
#include <QStringList>

class QLabel;
class QPushButton;

namespace attune::ui {

class LineView;
class SegmentedSwitch;

class TextFilesDialog : public QDialog {
  Q_OBJECT

public:
  LineView *lines() const { return m_view; }
  void showFile(const QString &name);

protected:
  explicit TextFilesDialog(QWidget *parent);
  /// The texts by name, and what they are called; the one in sight stays so, at first the first. In every language anew.
  void offer(const QStringList &names, const QStringList &labels);
  void display(const QString &place, const QStringList &lines);
  /// The name of the one in sight.
  const QString &file() const { return m_file; }
  /// Another text is to be displayed.
  virtual void onChosen(const QString &name) = 0;
  /// A text's lines, without what could steer a terminal.
  static QStringList linesOf(const QString &text);

private:
  QStringList m_lines;
  QString m_file;
  SegmentedSwitch *m_choice;
  QLabel *m_place;
  LineView *m_view;
  QPushButton *m_copy, *m_close;
};

} // namespace attune::ui
