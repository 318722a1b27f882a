// A row of choices of which one is on, for few choices that fit side by side. Arrow keys move, as in radio buttons.
// GUI thread. changed() only tells of what the user did.
#pragma once

#include <QString>
#include <QStringList>
#include <QWidget>

namespace attune::ui {

class SegmentedSwitch : public QWidget {
  Q_OBJECT

public:
  explicit SegmentedSwitch(QWidget *parent = nullptr);
  /// `keys` name the choices for the program, `texts` for the user; a changed language calls it again.
  void setChoices(const QStringList &keys, const QStringList &texts);
  void setCurrent(const QString &key);
  QString current() const { return m_keys.value(m_index); }

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

Q_SIGNALS:
  void changed(const QString &key);

protected:
  void paintEvent(QPaintEvent *event) override;
  void mousePressEvent(QMouseEvent *event) override;
  void keyPressEvent(QKeyEvent *event) override;
  void focusInEvent(QFocusEvent *event) override;
  void focusOutEvent(QFocusEvent *event) override;

private:
  int widthOf(int index) const;
  QRect rectOf(int index) const;
  int indexAt(const QPoint &position) const;
  void choose(int index);

  QStringList m_keys;
  QStringList m_texts;
  int m_index = 0;
};

} // namespace attune::ui
