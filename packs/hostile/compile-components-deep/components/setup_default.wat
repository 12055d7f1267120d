;; Twelve levels of components.
(component (component (component (component (component (component (component (component (component (component (component (component ))))))))))))
