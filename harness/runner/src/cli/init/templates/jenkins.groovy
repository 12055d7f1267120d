// Judges the packs of this repository by @CONFIG@. Written by `greentic-provision init`,
// which does not change it any more.
pipeline {
    agent any
    options {
        timeout(time: 60, unit: 'MINUTES')
    }
    environment {
        // Fill in the archive of a release and its SHA-256, or a repository with the source
        // and a commit, which is compiled.
@RELEASES@
        HARNESS_URL = ''
        HARNESS_SHA256 = ''
        HARNESS_GIT = ''
        HARNESS_COMMIT = ''
    }
    stages {
        // If a build makes the packs, it belongs before these stages.
        stage('install the harness') {
            steps {
                sh '''
@DIR@
@INSTALL@
                '''
            }
        }
        stage('judge the packs') {
            steps {
                sh '''
@DIR@
@JUDGE@
                '''
            }
        }
    }
    post {
        always {
            junit allowEmptyResults: false, testResults: 'conformance-reports/junit.xml'
            archiveArtifacts artifacts: 'conformance-reports/**', allowEmptyArchive: true
        }
    }
}
